import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '../drill.ts'
import { runTrial } from '../trials/harness.ts'

export const summary =
  'searches among 50,000 products: what each takes the database (SEED_DIR with a products.csv: among those)'

const LIMIT_MS = 20
/** For what nobody looks for who wants to find something. */
const COSTLY = ['e a o i']

const SEARCHES = ['a', 'milk', 'organic milk', 'crème', 'CRÈME', 'zzz', '%', 'bananna', 'organic xyzq', ...COSTLY]

/** Words that names are made of where there is no catalogue; the letters and their frequency are what counts. */
const MADE_UP = `insert into products.products (product_name)
  select (array['Organic', 'Whole', 'Crème', 'Dark', 'Fresh', 'Natural', 'Sweet', 'Light'])[1 + n % 8] || ' '
    || (array['Milk', 'Chocolate', 'Banana', 'Fraîche', 'Bread', 'Cheese', 'Rice', 'Beans', 'Sauce'])[1 + n / 8 % 9]
    || ' ' || (array['Bar', 'Drink', 'Mix', 'Snack', 'Pack'])[1 + n / 72 % 5] || ' ' || n
  from generate_series(1, 50000) n`

const statement = readFileSync(join(import.meta.dirname, '../../sql/catalogue/search.sql'), 'utf8')

/**
 * The CPU time a process has had, in ms: on a busy machine, time on the clock is that of the others. Linux counts in
 * ticks of 10 ms.
 */
function cpuOf (pid: number): number {
  if (process.platform !== 'linux') return performance.now()
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ sql }) => {
    const folder = process.env.SEED_DIR
    await sql.unsafe('truncate products.products cascade')
    if (folder) {
      const names = readFileSync(join(folder, 'products.csv'), 'utf8').split('\n').slice(1)
        .filter((line) => line !== '')
        .map((line) => /^\d+,(?:"((?:[^"]|"")*)"|([^,]*)),/.exec(line))
        .map((cells) => cells?.[1]?.replaceAll('""', '"') ?? cells?.[2] ?? '')
      await sql`insert into products.products (product_name) select * from unnest(${names}::text[])`
    } else await sql.unsafe(MADE_UP)
    await sql.unsafe(
      'insert into products.product_enriched (product_id, price) select product_id, product_id % 2000 / 100.0 from ' +
        'products.products'
    )
    await sql.unsafe('vacuum analyze products.products, products.product_enriched')
    await sql.reserve().then(async (connection) => {
      await connection.unsafe("set enable_seqscan = off; set jit = off; set plan_cache_mode = 'force_generic_plan'")
        .simple()
      const [{ pid }] = await connection`select pg_backend_pid() as pid` as unknown as [{ pid: number }]
      const cases: [string, (number | null)[], string | null][] = [
        ...SEARCHES.map((q): [string, (number | null)[], string | null] => [`q=${q}`, [null, null], q]),
        ['minPrice=0&maxPrice=9999', [0, 9999], null]
      ]
      for (const [name, prices, q] of cases) {
        const search = async () => await connection.unsafe(statement,
          [null, null, null, null, 26, 0, ...prices, q, null], { prepare: true })
        const [first] = await search()
        const rounds = isShort ? 20 : 100
        const since = cpuOf(pid)
        for (let n = 0; n < rounds; n++) await search()
        const limit = COSTLY.includes(q ?? '') ? 2 * LIMIT_MS : LIMIT_MS
        const ms = (cpuOf(pid) - since) / rounds
        verdicts.push({
          done: name,
          expected: `at most ${limit} ms of CPU`,
          seen: `${ms.toFixed(1)} ms, ${first!.total} found`,
          holds: ms <= limit
        })
      }
      connection.release()
    })
  })
  return verdicts
}
