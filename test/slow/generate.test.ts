import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openLoader } from '../seeds/loader/loading.ts'

const root = join(import.meta.dirname, '../..')
const home = t.testdir()

/** 12,000 orders of 700 users: enough for shares to be steady, and written in a second. */
const SIZE = ['--orders', '12000', '--users', '700', '--products', '2000']

const generate = async (...args: string[]) => await new Promise<{ code: number, stdout: string, stderr: string }>(
  (resolve) => {
    const child = execFile(process.execPath, [join(root, 'scripts/generate.ts'), ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }))
  }
)

/** The digest of every file of a folder, by name. */
async function digests (dir: string): Promise<Record<string, string>> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  return Object.fromEntries(await Promise.all(files.map(async ({ name, parentPath }) =>
    [name, createHash('sha256').update(await readFile(join(parentPath, name))).digest('hex')] as const)))
}

async function rowsOf (dir: string, file: string): Promise<Record<string, string>[]> {
  const [header, ...lines] = (await readFile(join(dir, file), 'utf8')).trimEnd().split('\n')
  const names = header!.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, n) => [names[n]!, value])))
}

const countBy = (values: string[]) => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** What part of the whole the largest so many of a hundred have. */
function shareOfTop (counts: Map<string, number>, percent: number, among: number): number {
  const sorted = [...counts.values()].sort((a, b) => b - a)
  const sum = (list: number[]) => list.reduce((total, value) => total + value, 0)
  return sum(sorted.slice(0, Math.round(among * percent / 100))) / sum(sorted)
}

t.test('The same numbers and seed give the same bytes, packed or not; another seed gives others', async (t) => {
  const [first, again, other, packed] = ['first', 'again', 'other', 'packed'].map((name) => join(home, name)) as [
    string, string, string, string
  ]
  t.match(await generate(...SIZE, '--dir', first), { code: 0, stdout: /12000 orders of 700 users, 118626 items/ })
  await generate(...SIZE, '--dir', again)
  await generate(...SIZE, '--dir', other, '--seed', '2')
  await generate(...SIZE, '--dir', packed, '--gzip')
  const one = await digests(first)
  t.equal(Object.keys(one).length, 7 + 21)
  t.same(await digests(again), one)
  const two = await digests(other)
  for (const file of ['products.csv', 'users_demo.csv', 'orders_demo_enriched.csv', 'order_items_demo.csv']) {
    t.not(two[file], one[file], file)
  }
  t.same((await readdir(packed)).sort(), [
    'aisles.csv.gz', 'departments_enriched.csv.gz', 'order_items_demo.csv.gz', 'orders_demo_enriched.csv.gz',
    'orders_demo_status_history.csv.gz', 'products.csv.gz', 'products_enriched', 'users_demo.csv.gz'
  ])
})

t.test('It is skewed as a real shop is', async (t) => {
  const dir = join(home, 'first')
  const [orders, items, history] = [
    await rowsOf(dir, 'orders_demo_enriched.csv'), await rowsOf(dir, 'order_items_demo.csv'),
    await rowsOf(dir, 'orders_demo_status_history.csv')
  ]
  t.equal(new Set(orders.map(({ order_id: id }) => id)).size, 12_000)
  const byUser = countBy(orders.map(({ user_id: id }) => id!))
  t.equal(byUser.size, 700, 'everybody orders')
  const keen = shareOfTop(byUser, 10, 700)
  t.ok(keen > 0.25 && keen < 0.5, `the keenest tenth has ${keen} of the orders`)
  t.ok(Math.max(...byUser.values()) < 140, 'nobody orders every day')

  const byProduct = countBy(items.map(({ product_id: id }) => id!))
  const popular = shareOfTop(byProduct, 1, 2000)
  t.ok(popular > 0.1 && popular < 0.4, `the most popular hundredth is ${popular} of the items`)
  const again = items.filter(({ reordered }) => reordered === '1').length / items.length
  t.ok(again > 0.45 && again < 0.75, `${again} is bought again`)

  const days = countBy(orders.map(({ order_dow: day }) => day!))
  t.ok(days.get('0')! > 1.15 * days.get('4')!, 'more on Sundays than on Thursdays')
  const hours = countBy(orders.map(({ order_hour_of_day: hour }) => hour!))
  t.ok(hours.get('10')! > 5 * (hours.get('3') ?? 0), 'more at 10 than at 3')
  const weeks = orders.filter(({ days_since_prior_order: since }) => since === '7.0').length
  t.ok(weeks > 1.5 * orders.filter(({ days_since_prior_order: since }) => since === '8.0').length,
    'more after 7 days than after 8')
  for (const { order_dow: day, order_hour_of_day: hour, created_at: at } of orders.slice(0, 100)) {
    const date = new Date(at!)
    t.same([day, hour], [String(date.getUTCDay()), String(date.getUTCHours())])
  }

  const statuses = countBy(history.map(({ status }) => status!))
  t.equal(statuses.get('pending'), 12_000)
  t.ok(statuses.get('cancelled')! > 200 && statuses.get('cancelled')! < 600)
})

t.test('It loads without a reject, and every reordered item was bought before', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({}, { dir: join(home, 'packed'), rejectsDir: join(home, 'rejects') })
  t.equal(report.rejected, 0)
  t.equal(report.replaced, 0)
  t.same(report.unread, [])
  t.same(report.files.filter(({ unreadColumns }) => unreadColumns.length > 0), [])
  t.same(await sql`
    select (select count(*)::int from orders.orders) as orders, (select count(*)::int from orders.order_items) as items,
      (select count(*)::int from users.users) as users, (select count(*)::int from products.products) as products,
      (select count(distinct product_name)::int from products.products) as names`,
  [{ orders: 12_000, items: 118_626, users: 700, products: 2000, names: 2000 }])
  t.same(await sql`
    select count(*)::int as wrong
    from orders.orders o
    join orders.order_items i on i.order_id = o.id
    where i.reordered <> (exists (
      select from orders.orders earlier join orders.order_items b on b.order_id = earlier.id
      where earlier.user_id = o.user_id and earlier.order_number < o.order_number
      and b.product_id = i.product_id))::int`, [{ wrong: 0 }])
  t.same(await sql`
    select count(*)::int as wrong from (
      select order_number, row_number() over (partition by user_id order by created_at) as expected from orders.orders
    ) o where order_number <> expected`, [{ wrong: 0 }])
})

t.test('What it cannot do it does not begin', async (t) => {
  const dir = join(home, 'none')
  t.match(await generate('--users', '5', '--dir', dir), { code: 2, stderr: /--orders is missing\nNothing was done/ })
  t.match(await generate('--orders', '3421084', '--users', '5', '--dir', dir), {
    code: 2, stderr: /--orders can be 3421083 at most/
  })
  t.match(await generate('--orders', '5', '--users', '5'), { code: 2, stderr: /--dir is missing/ })
  t.match(await generate('--orders', '5', '--users', '5', '--dir', dir, '--seed', 'x'), {
    code: 2, stderr: /--seed must be a whole number/
  })
  t.notOk(existsSync(dir))
  await mkdir(dir)
  await writeFile(join(dir, 'aisles.csv'), 'mine')
  t.match(await generate('--orders', '5', '--users', '5', '--dir', dir), { code: 1, stderr: /is not empty/ })
  t.same(await readdir(dir), ['aisles.csv'])
  t.match(await generate('--orders', '3', '--users', '5', '--products', '1', '--dir', join(home, 'tiny')), {
    code: 0, stdout: /3 orders of 5 users, 3 items/
  })
})
