import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient } from '../../database/client.ts'
import { loadFolder } from '../../seeds/loader/index.ts'
import type { Verdict } from '../drill.ts'
import { runTrial } from '../trials/harness.ts'

export const summary =
  'statements of the older client on /legacy/query beside the list routes, and 50 at once (SEED_DIR: on that catalogue)'

/**
 * A list route has its plan ready; a caller's statement is planned each time: 0.3 ms for four tables, as long as such a
 * page takes to run.
 */
const RATIO = 2.5
/** A statement counts; the route has the sum kept. */
const COUNT_RATIO = 5
const AT_ONCE = 50
const WITHIN_MS = 2000

/** What a catalogue is made of; orders and users take long to load, and nothing here reads them. */
const CATALOGUE = ['departments.csv', 'departments_enriched.csv', 'aisles.csv', 'products.csv', 'products_enriched']

/** None is loaded. */
const NO_USERS = '00000000-0000-4000-8000-000000000000'

interface Case { name: string, sql: string, params: unknown[], path: string, ratio?: number }

const COLUMNS =
  'p.product_id, p.product_name, p.aisle_id, p.department_id, a.aisle, d.department, ' +
  'e.description, e.price, e.image_url'
const JOINED = `FROM products.products p LEFT JOIN products.departments d ON p.department_id = d.department_id
  LEFT JOIN products.aisles a ON p.aisle_id = a.aisle_id
  LEFT JOIN products.product_enriched e ON p.product_id = e.product_id`

const CASES: Case[] = [
  {
    name: 'a page',
    sql: `SELECT ${COLUMNS} ${JOINED} ORDER BY p.product_id LIMIT $1 OFFSET $2`,
    params: [25, 50],
    path: '/products?limit=25&offset=50'
  },
  {
    name: 'a page of a department',
    sql: `SELECT ${COLUMNS} ${JOINED} WHERE LOWER(d.department) = ANY($1) ORDER BY p.product_id LIMIT $2 OFFSET $3`,
    params: [['produce'], 25, 0],
    path: '/products?limit=25&categories=produce'
  },
  {
    name: 'a page between two prices',
    sql: `SELECT ${COLUMNS} ${JOINED} WHERE e.price BETWEEN $1 AND $2 ORDER BY p.product_id LIMIT $3`,
    params: [3, 9, 25],
    path: '/products?limit=25&min_price=3&max_price=9'
  },
  {
    name: 'a search',
    sql: `SELECT ${COLUMNS} ${JOINED} WHERE p.product_name ILIKE $1 ORDER BY p.product_id LIMIT 25`,
    params: ['%milk%'],
    path: '/products?limit=25&q=milk'
  },
  { name: 'one product', sql: `SELECT ${COLUMNS} ${JOINED} WHERE p.product_id = $1`, params: [7], path: '/products/7' },
  {
    name: 'the departments',
    sql: 'SELECT department_id, department FROM products.departments ORDER BY department',
    params: [],
    path: '/departments'
  },
  {
    name: 'the aisles', sql: 'SELECT aisle_id, aisle FROM products.aisles ORDER BY aisle', params: [], path: '/aisles'
  },
  {
    name: 'how many there are',
    sql: `SELECT COUNT(*) AS total ${JOINED} WHERE p.department_id = $1`,
    params: [4],
    path: '/products?limit=1&department_id=4',
    ratio: COUNT_RATIO
  }
]

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ url, startGateways, teardown }) => {
    await loadCatalogue(url, resolve(process.env.SEED_DIR ?? join(import.meta.dirname, '../../seeds')))
    const [base] = await startGateways(1, { RATE_LIMIT: '0' })
    const agent = new Agent({ keepAlive: true })
    teardown(() => agent.destroy())
    const ask = sender(`${base}/legacy`, agent)
    const rounds = isShort ? 30 : 200
    for (const { name, sql: statement, params, path, ratio = RATIO } of CASES) {
      const byStatement: number[] = []
      const byRoute: number[] = []
      for (let round = 0; round < rounds + 10; round++) {
        const [statementMs, routeMs] = [await ask('/query', { sql: statement, params }), await ask(path)]
        // The first few compile what the rest uses.
        if (round >= 10) [byStatement, byRoute].forEach((times, index) => times.push([statementMs, routeMs][index]!))
      }
      const [statementMs, routeMs] = [quartile(byStatement), quartile(byRoute)]
      verdicts.push({
        done: `${name}, ${rounds} times each in turn: the statement ÷ GET ${path}`,
        expected: `at most ${ratio}`,
        seen: `${(statementMs / routeMs).toFixed(2)} (${statementMs.toFixed(2)} ÷ ${routeMs.toFixed(2)} ms)`,
        holds: statementMs / routeMs <= ratio
      })
    }
    verdicts.push(await askAtOnce(`${base}/legacy`))
  })
  return verdicts
}

async function loadCatalogue (url: string, folder: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'db-service-catalogue-'))
  const sql = createClient(url, { max: 1, statementTimeout: 0 })
  try {
    await sql.unsafe('truncate products.products, products.departments, products.aisles cascade')
    for (const name of CATALOGUE) if (existsSync(join(folder, name))) symlinkSync(join(folder, name), join(dir, name))
    const { loaded } = await loadFolder(sql, {
      dir, rejectsDir: join(dir, 'rejects'), userUuidNamespace: NO_USERS, onProgress: () => {}
    })
    console.log(`${loaded} rows of ${folder}`)
  } finally {
    await sql.end({ timeout: 5 })
    await rm(dir, { recursive: true })
  }
}

/** All at the same moment, while another process keeps a core busy. */
async function askAtOnce (base: string): Promise<Verdict> {
  const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
  const agent = new Agent({ keepAlive: true })
  try {
    await once(busy, 'spawn')
    const ask = sender(base, agent)
    const times: number[] = []
    let refused = 0
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, n) => {
      const { sql, params } = CASES[n % CASES.length]!
      await ask('/query', { sql, params }).then((ms) => times.push(ms), () => refused++)
    }))
    const slowest = Math.max(...times)
    return {
      done: `${AT_ONCE} statements at once, one core busy with something else`,
      expected: `0 refused, the last one within ${WITHIN_MS} ms`,
      seen:
        `${refused} refused, a quarter within ${quartile(times).toFixed(0)} ms, the last one ${slowest.toFixed(0)} ms`,
      holds: refused === 0 && slowest <= WITHIN_MS
    }
  } finally {
    agent.destroy()
    busy.kill('SIGKILL')
  }
}

/** Sends a request and resolves with how many ms its response took; rejects where it is none. */
function sender (base: string, agent: Agent) {
  return async (path: string, body?: object): Promise<number> => await new Promise((resolve, reject) => {
    const since = performance.now()
    const payload = body && JSON.stringify(body)
    const headers = payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {}
    const sent = request(base + path, { agent, method: body ? 'POST' : 'GET', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200 && !text.startsWith('{"success":false')) resolve(performance.now() - since)
        else reject(new Error(`${path}: ${response.statusCode} ${text.slice(0, 200)}`))
      })
    })
    sent.on('error', reject).end(payload)
  })
}

/** A quarter takes no longer: half of them have waited for others on a busy machine. */
function quartile (times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)]!
}
