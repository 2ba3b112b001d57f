import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { openOwnShop, refuses } from './helper.ts'

t.test('requests as nobody’s library sends them', async (t) => {
  const { app, call } = await openOwnShop(t, { API_KEYS: 'a-key', CORS_ORIGINS: 'https://shop.example' })
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo

  /** Sends lines of HTTP as they are; returns the answer's status. */
  const send = async (...lines: string[]) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(Buffer.from([...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1'))
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1])
  }
  const get = async (...headers: string[]) => await send('GET /departments HTTP/1.1', ...headers)

  await t.test('odd keys are a 401', async (t) => {
    t.equal(await get('Host: x', 'X-API-Key: a-key'), 200)
    const odd: string[][] = [
      ['X-API-Key: a-key', 'X-API-Key: a-key'], ['X-API-Key: wrong', 'X-API-Key: a-key'],
      [`X-API-Key: ${'x'.repeat(15_000)}`],
      [`Authorization: Bearer ${'x'.repeat(15_000)}`], ['X-API-Key: \u00e4\u00ff'], ['X-API-Key:'],
      ['Authorization: Bearer wrong', 'Authorization: Bearer a-key'],
      [`Authorization: Bearer${' '.repeat(10_000)}`]
    ]
    for (const headers of odd) t.equal(await get('Host: x', ...headers), 401, headers.join().slice(0, 60))
  })

  await t.test('faulty headers are a 400, large ones a 431', async (t) => {
    t.equal(await get('X-API-Key: a-key'), 400, 'no Host')
    t.equal(await get('Host: x', 'X-API-Key: a\x00key'), 400)
    t.equal(await get('Host: x', 'X API Key: a-key'), 400)
    t.equal(await get('Host: x', 'X-API-Key: a-key', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400,
      'two lengths')
    t.equal(await get('Host: x', `X-API-Key: ${'x'.repeat(20_000)}`), 431)
    t.equal(await send(`GET /departments?q=${'x'.repeat(20_000)} HTTP/1.1`, 'Host: x', 'X-API-Key: a-key'), 431,
      'a long URL, too')
  })

  await t.test('a Host or Origin is never taken for more than a text', async (t) => {
    for (const host of ['evil.example', 'a b', '"><script>', `${'x'.repeat(5000)}`, '[::1', 'x@y:99999', '']) {
      t.ok([200, 400].includes(await get(`Host: ${host}`, 'X-API-Key: a-key')), host.slice(0, 20))
    }
    for (const origin of [
      'https://shop.example\u00ff', 'https://shop.example, https://evil.example', '%0d%0aX: y', '((('
    ]) {
      const answer = await call('GET', '/departments', undefined, { 'x-api-key': 'a-key', origin })
      t.equal(answer.status, 200)
      t.notOk('access-control-allow-origin' in answer.headers, origin)
    }
    for (const forwarded of [
      'evil', '"', 'x'.repeat(9000), ', , ,', '1.2.3.4, , 10.0.0.1', '::ffff:999.1.1.1', '[::1]:80'
    ]) {
      t.equal(
        await get('Host: x', 'X-API-Key: a-key', `X-Forwarded-For: ${forwarded}`, 'X-Forwarded-Host: evil',
          'X-Forwarded-Proto: x'),
        200
      )
      t.equal(await get('Host: x', `X-Forwarded-For: ${forwarded}`), 401)
    }
  })

  await t.test('a JSON body over 1 MiB is a 413, whether it says its length or not', async (t) => {
    const headers = { 'x-api-key': 'a-key', 'content-type': 'application/json' }
    const large = JSON.stringify({ email_address: 'x'.repeat(1024 * 1024), password: 'x' })
    refuses(t, await call('POST', '/users/login', large, headers), 413, 'BODY_TOO_LARGE')
    const response = await fetch(`http://127.0.0.1:${port}/users/login`, {
      method: 'POST', headers, body: new Blob([large]).stream(), duplex: 'half'
    } as RequestInit)
    t.equal(response.status, 413)
  })

  await t.test('a slow sender does not hold a socket for ever', async (t) => {
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = app.server
    t.same({ headersTimeout, requestTimeout, keepAliveTimeout, maxConnections }, {
      headersTimeout: 15_000, requestTimeout: 30_000, keepAliveTimeout: 72_000, maxConnections: 10_000
    })
  })
})
