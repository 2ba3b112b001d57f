import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { lookAtLaws } from '../../scripts/trials/laws.ts'
import { all, until } from '../checks.ts'
import { startGateway } from '../gateway.ts'
import { freshDatabase, openOwnShop, userId } from '../helper.ts'
import { valuesOf } from '../metrics.ts'

t.setTimeout(300_000)

const HEADER = 'product_id,stock\n'

/** Begins an import; `answer` is what comes of it, or why nothing does. */
function begin (url: string, headers = {}): { upload: ClientRequest, answer: Promise<{ status: number, json: any }> } {
  const upload = request(`${url}/api/v1/import/inventory`, {
    method: 'POST', headers: { 'content-type': 'text/csv', ...headers }
  })
  const answer = once(upload, 'response').then(async ([response]) => {
    const text = (await (response as IncomingMessage).setEncoding('utf8').toArray()).join('')
    return { status: (response as IncomingMessage).statusCode!, json: JSON.parse(text) }
  }).catch((error: Error) => ({ status: 0, json: error.message }))
  return { upload, answer }
}

const send = async (url: string, body: string | Buffer, headers = {}) => {
  const { upload, answer } = begin(url, headers)
  upload.end(body)
  return await answer
}

const client = (t: Test, url: string): Sql => {
  const sql = postgres(url, { max: 2, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 1 }))
  return sql
}

const stocks = async (sql: Sql) =>
  await sql`select product_id, stock, updated_at::text from products.inventory order by product_id`

/** Somebody reads rows into a staging table. */
const isReading = async (sql: Sql) => (await sql`
  select from pg_stat_progress_copy c join pg_stat_activity a using (pid) where a.datname = current_database()`)
  .length > 0

const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

t.test('a million rows, 220 MB of CSV, in constant memory and in nobody’s way', async (t) => {
  const url = await freshDatabase(t)
  // As `npm start` does.
  const NODE_OPTIONS = '--max-semi-space-size=4 --max-old-space-size=512'
  const gateway = await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdirName, NODE_OPTIONS })
  const sql = client(t, url)
  const pid = gateway.process.pid!
  const note = 'x'.repeat(200)
  const header = gzipSync('product_id,stock,note\n')
  const part = gzipSync(Array.from({ length: 20_000 }, (_, n) => `${n % 40 + 1},${1_000_000 + n},${note}\n`).join(''))
  const warm = await send(gateway.url, Buffer.concat([header, part, part]), { 'content-encoding': 'gzip' })
  t.match(warm, { status: 200, json: { rejected: 0, unread_columns: ['note'] } })
  const before = memoryOf(pid)

  const during = { isOver: false }
  const statuses: number[] = []
  async function order (): Promise<void> {
    while (!during.isOver) {
      const body = JSON.stringify({
        user_id: userId(statuses.length % 5 + 1), items: [{ product_id: statuses.length % 39 + 1, quantity: 1 }]
      })
      const { status } = await fetch(`${gateway.url}/orders`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body
      })
      statuses.push(status)
    }
  }
  const seen: number[] = []
  const look = setInterval(() => seen.push(memoryOf(pid)), 100)
  const orders = [order(), order()]
  const { upload, answer } = begin(gateway.url, { 'content-encoding': 'gzip' })
  upload.write(header)
  for (let n = 0; n < 50; n++) if (!upload.write(part)) await once(upload, 'drain')
  upload.end()
  const { status, json } = await answer
  during.isOver = true
  clearInterval(look)
  await Promise.all(orders)
  t.match([status, json], [200, { loaded: 0, replaced: 1_000_000, rejected: 0 }])
  all(t, statuses, (status) => status === 201, `${statuses.length} orders placed meanwhile`)
  t.ok(Math.max(...seen) < before + 80, `${before.toFixed(0)} MB before, ${Math.max(...seen).toFixed(0)} at most`)
  const metrics = valuesOf(await (await fetch(`${gateway.url}/metrics`)).text())
  t.ok(metrics.get('nodejs_eventloop_lag_p90_seconds')! < 0.05, 'the event loop is free, however busy the machine')
  t.strictSame((await lookAtLaws(sql)).filter(({ broken }) => broken > 0), [])
})

t.test('an upload has its own bounds: longer than other requests, never for ever, never too much', async (t) => {
  const shop = await openOwnShop(t)
  const { app, sql } = shop
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  // Node looks every 5 s.
  app.server.requestTimeout = app.server.headersTimeout = 1000

  const slow = begin(url)
  slow.upload.write(HEADER)
  for (let n = 1; n <= 35; n++) {
    slow.upload.write(`31,${n}\n`)
    await sleep(200)
  }
  slow.upload.end()
  t.match(await slow.answer, { status: 200, json: { replaced: 35 } }, 'one that takes its time')
  const before = await stocks(sql)

  const bomb = gzipSync(`${'x'.repeat(16_383)}\n`.repeat(64))
  const { upload, answer } = begin(url, { 'content-encoding': 'gzip' })
  upload.write(gzipSync(HEADER))
  upload.end(Buffer.concat(Array.from({ length: 300 }, () => bomb)))
  t.match(await answer, { status: 413, json: { code: 'BODY_TOO_LARGE' } }, '300 MiB unpacked')

  const since = performance.now()
  const stalled = begin(url)
  stalled.upload.write(`${HEADER}31,1\n`)
  t.match(await stalled.answer, { status: 0 }, 'one that says nothing any more is cut off')
  const seconds = (performance.now() - since) / 1000
  t.ok(seconds > 15 && seconds < 30, `after ${seconds.toFixed(0)} s`)
  await until(async () => (await send(url, `${HEADER}31,1\n99,1\n`, { prefer: 'tx=rollback' })).status === 200,
    'the next one is served')
  t.strictSame(await stocks(sql), before)
})

t.test('callers who hang up at any moment, by the dozen', async (t) => {
  const url = await freshDatabase(t)
  const gateway = await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdirName })
  const sql = client(t, url)
  const before = await stocks(sql)
  for (let n = 0; n < 60; n++) {
    const { upload, answer } = begin(gateway.url, { 'content-encoding': n % 2 ? 'gzip' : 'identity' })
    const rows = Buffer.from(`${HEADER}${'31,1\n'.repeat(20_000)}`)
    upload.write(n % 2 ? gzipSync(rows, { level: 0 }).subarray(0, -100) : rows)
    await sleep(n * 2)
    upload.destroy()
    await answer
  }
  await until(async () => (await send(gateway.url, `${HEADER}31,1\n`, { prefer: 'tx=rollback' })).status === 200,
    'the next one is served')
  t.strictSame(await stocks(sql), before)
  t.equal(gateway.process.exitCode, null)
  t.notMatch(gateway.output(), /"level":(50|60)/, 'nothing in the log is an error')
})

t.test('one at a time whichever gateway; one that ends on the way changes nothing', async (t) => {
  const url = await freshDatabase(t)
  const [one, other] = [
    await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdir() }),
    await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdirName })
  ]
  const sql = client(t, url)
  const before = await stocks(sql)
  const { upload, answer } = begin(one.url)
  upload.write(`${HEADER}${'31,1\n'.repeat(50_000)}`)
  await until(async () => await isReading(sql), 'rows are on their way')
  t.match(await send(other.url, `${HEADER}31,2\n`), { status: 409, json: { code: 'IMPORT_RUNNING' } })
  // A gateway that starts waits for no upload.
  const third = await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdirName })
  t.not(third.url, '')
  await sql`select pg_terminate_backend(pid) from pg_stat_progress_copy where datname = current_database()`
  await until(async () => !await isReading(sql), 'its connection is gone')
  upload.end('31,1\n')
  t.match(await answer, { status: 503, json: { code: 'DATABASE_UNAVAILABLE' } })
  const last = begin(one.url)
  last.upload.write(`${HEADER}${'31,1\n'.repeat(50_000)}`)
  await until(async () => await isReading(sql), 'rows are on their way')
  one.process.kill('SIGTERM')
  t.equal(await one.ended, 0, 'it ends in its time')
  t.match(await last.answer, { status: 0 })
  t.strictSame(await stocks(sql), before)
  await until(async () => (await send(other.url, `${HEADER}31,2\n`)).status === 200, 'the other one imports')
  t.match(await stocks(sql), [{ product_id: 31, stock: 2 }])
})
