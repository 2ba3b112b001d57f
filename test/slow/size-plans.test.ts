import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { BY_INDEX, createClient } from '../../database/client.ts'
import { statementTexts } from '../../database/statements.ts'
import { WORK } from '../queues-at-size.ts'
import { loadFolder } from '../../seeds/loader/index.ts'
import { costOf, trialsOf, type Cost, type Trial } from '../size-plans.ts'
import { setToWork } from '../size-shop.ts'
import { NAMESPACE, openLoader } from '../seeds/loader/loading.ts'

t.setTimeout(1_200_000)

const ORDERS = Number(process.env.SIZE_ORDERS ?? 60_000)
const TIMES = 4

/**
 * A catalogue does not grow with what is done. Its numbers are one row for each aisle of each department; a range of
 * prices within a department looks through all products (products.matching). Sums over all time by product read a row
 * for each status of each.
 */
const CATALOGUE = ['products.product_counts', 'products.products', 'orders.product_all_totals']

/** Look at all orders of a period, by purpose; nobody waits for them. */
const LAWS = 'operations/invariants/'

/** Pages that are nothing: indexes that are a level deeper, a look-up more of twenty. */
const SLACK = 150

/** More than this many rows of a table read one after the other are a table read as a whole. */
const FEW = 60

/** A shop made by the generator, at work, and what each trial costs in it. */
async function measure (t: Test, orders: number): Promise<Map<string, Cost & Trial>> {
  const dir = join(t.testdir(), String(orders))
  await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../../scripts/generate.ts'), '--orders', String(orders),
    '--users', String(Math.ceil(orders / 17)), '--products', '3000', '--dir', dir
  ])
  const { url } = await openLoader(t)
  const client = postgres(url, { max: 1, onnotice: () => {} })
  await loadFolder(client, { dir, rejectsDir: join(dir, 'rejects'), userUuidNamespace: NAMESPACE })
  const sample = await setToWork(client)
  await client.end()
  const connection = createClient(url, { max: 1, statementTimeout: 60_000, settings: BY_INDEX })
  const costs = new Map<string, Cost & Trial>()
  for (const trial of trialsOf(sample)) {
    const cost = await costOf(connection, trial).catch((error) => {
      throw new Error(`${trial.what}: ${error.message}`)
    })
    costs.set(trial.what, { ...trial, ...cost })
  }
  const tried = new Set([...trialsOf(sample), ...WORK].map(({ statement }) => statement))
  t.strictSame([...statementTexts.keys()].filter((name) => !tried.has(name) && !name.startsWith(LAWS)), [],
    'every statement is tried')
  await connection.end()
  return costs
}

t.test('a statement costs the same in a shop of any size, and reads no table as a whole', async (t) => {
  const small = await measure(t, ORDERS / TIMES)
  const large = await measure(t, ORDERS)
  for (const [what, { pages, ms, scanned, isByDay = false }] of large) {
    const whole = [...scanned].filter(([table, rows]) => rows > FEW && !CATALOGUE.includes(table))
    t.strictSame(whole, [], `${what}: reads no table as a whole`)
    // Both shops are as old, so the larger one has so many more orders a day.
    const bound = Math.round((isByDay ? 1.2 * TIMES : 1.5) * small.get(what)!.pages) + SLACK
    t.ok(pages <= bound, `${what}: ${pages} pages, at most ${bound} (${ms.toFixed(1)} ms)`)
  }
})
