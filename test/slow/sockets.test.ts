import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { openOwnShop } from '../helper.ts'

const MIB = 1024 * 1024
const run = promisify(execFile)

/**
 * Writes all of a request before it reads anything, as simple clients do; resolves with what was answered, or with the
 * fault.
 */
async function writeThenRead (port: number, head: string, body: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  try {
    await write(socket, head, body)
    let answer = ''
    socket.on('data', (chunk) => { answer += chunk }).resume()
    while (!answer.includes('"request_id"')) await once(socket, 'data')
    return answer
  } catch (error) {
    return String(error)
  } finally {
    socket.on('error', () => {}).destroy()
  }
}

/** Rejects when the connection breaks. */
async function write (socket: Socket, head: string, body: Buffer): Promise<void> {
  socket.write(head)
  for (let at = 0; at < body.length; at += 65_536) {
    if (!socket.write(body.subarray(at, at + 65_536))) await once(socket, 'drain')
  }
}

const chunked = (body: Buffer) => Buffer.concat([
  Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')
])

t.test('a client that is still sending gets the answer that was given before its body was read', async (t) => {
  const { app } = await openOwnShop(t, { API_KEYS: 'a-key' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const body = Buffer.alloc(11 * MIB, 'x')

  const requests: [string, number, string, string[]][] = [
    ['a body that is too large', 413, 'POST /users', ['x-api-key: a-key', 'content-type: application/json']],
    [
      'a document that is too large', 413, 'PUT /orders/1/invoice',
      ['x-api-key: a-key', 'content-type: application/pdf']
    ],
    ['no key', 401, 'POST /users', ['content-type: application/json']],
    ['another content type', 415, 'POST /users', ['x-api-key: a-key', 'content-type: text/plain']],
    ['no such address', 404, 'POST /nothing/here', ['content-type: text/plain']]
  ]
  for (const [what, status, line, headers] of requests) {
    for (const connection of ['keep-alive', 'close']) {
      const head = (framing: string) =>
        [`${line} HTTP/1.1`, 'host: here', `connection: ${connection}`, framing, ...headers, '', ''].join('\r\n')
      const sized = await writeThenRead(port, head(`content-length: ${body.length}`), body)
      t.match(sized, new RegExp(`^HTTP/1\\.1 ${status} `), `${what}: ${status}, ${connection}`)
      const inChunks = await writeThenRead(port, head('transfer-encoding: chunked'), chunked(body))
      t.match(inChunks, new RegExp(`^HTTP/1\\.1 ${status} `), `${what}, in chunks: ${status}, ${connection}`)
    }
  }

  const headers = { 'x-api-key': 'a-key', 'content-type': 'application/json' }
  t.equal((await fetch(`${url}/users`, { method: 'POST', headers, body })).status, 413, 'fetch')
  const answer = await new Promise<number>((resolve, reject) => {
    const sent = httpRequest(`${url}/users`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    sent.on('error', reject)
    sent.end(body)
  })
  t.equal(answer, 413, 'node:http, and so axios')

  await t.test('a connection that goes on is good for the next request', async (t) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => { text += chunk })
    socket.write(
      `POST /users HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: ${MIB}\r\n\r\n`
    )
    socket.write(body.subarray(0, MIB))
    socket.write('GET /livez HTTP/1.1\r\nhost: here\r\n\r\n')
    while (!text.includes('alive"')) await once(socket, 'data')
    t.match(text, /^HTTP\/1\.1 401 [^]*HTTP\/1\.1 200 /)
    socket.destroy()
  })

  await t.test('whoever sends without end is cut off', async (t) => {
    const socket = connect(port, '127.0.0.1').resume()
    const head =
      'POST /users HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n'
    let sent = 0
    await t.rejects(async () => {
      for (; ; sent += body.length) await write(socket, sent === 0 ? head : '', body)
    })
    t.ok(sent >= body.length, `after ${sent / MIB} MiB`)
  })

  await t.test('curl', async (t) => {
    const common = [
      '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'x-api-key: a-key', '-H', 'content-type: application/json',
      '--data-binary', '@-'
    ]
    for (const expect of ['Expect:', 'Expect: 100-continue']) {
      const curl = run('curl', [...common, '-H', expect, `${url}/users`])
      curl.child.stdin!.on('error', () => {}).end(body)
      const said = await curl.then(({ stdout }) => stdout, (error: NodeJS.ErrnoException) => String(error.code))
      if (said === 'ENOENT') return t.comment('there is no curl here')
      t.equal(said, '413', expect)
    }
  })

  await t.test('Python', async (t) => {
    const post = `headers={'x-api-key': 'a-key', 'content-type': 'application/json'}, data=b'x' * ${body.length}`
    const programs = {
      requests: `import requests; print(requests.post('${url}/users', ${post}).status_code)`,
      urllib: `import urllib.request as u, urllib.error as e
try: u.urlopen(u.Request('${url}/users', ${post}))
except e.HTTPError as error: print(error.code)`
    }
    for (const [name, program] of Object.entries(programs)) {
      const said = await run('python3', ['-c', program])
        .then(({ stdout }) => stdout.trim(), (error: Error) => error.message)
      if (/ENOENT|No module named/.test(said)) t.comment(`there is no ${name} here`)
      else t.equal(said, '413', name)
    }
  })
})

t.test('a body that is only announced is asked for where it will be read', async (t) => {
  const { app } = await openOwnShop(t, { API_KEYS: 'a-key' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  /** Sends a head that announces a body, and resolves with the first thing that is said to it. */
  const announce = async (headers: string[]) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write(['POST /users/login HTTP/1.1', 'host: here', 'expect: 100-continue', ...headers, '', ''].join('\r\n'))
    const [said] = await once(socket, 'data')
    return { socket, said: String(said) }
  }
  const key = 'x-api-key: a-key'
  const json = 'content-type: application/json'
  t.match((await announce([json, 'content-length: 2'])).said, /^HTTP\/1\.1 401 [^]*connection: close/i,
    'not from nobody')
  t.match((await announce([key, json, `content-length: ${MIB + 1}`])).said, /^HTTP\/1\.1 413 [^]*connection: close/i,
    'not one too large')
  t.match((await announce([key, 'content-type: text/plain', 'content-length: 2'])).said,
    /^HTTP\/1\.1 415 [^]*connection: close/i, 'not one of another type')
  const { socket, said } = await announce([key, `${json}; charset=utf-8`, 'content-length: 2'])
  t.equal(said, 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('{}')
  t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 400 /)
})
