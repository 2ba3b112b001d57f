import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { statementTexts } from '../database/statements.ts'
import { misused, readArguments } from './arguments.ts'
import { pageOf, type Group } from './report/page.ts'
import { withDatabase } from './with-database.ts'

const DAY_MS = 24 * 3_600_000
const MAX_DAYS = 366
const TOP = 10

const usage = `
npm run report [-- --days N] [--to DATE] [--out FILE]

Writes one HTML page with the sales by day, the most ordered products and the orders by status. It needs nothing else to
be looked at: no network, no script.

  --days N      so many days (90)
  --to DATE     the last of them, as 2026-11-21 (that of the newest order)
  --out FILE    where to write it (report.html)
`
const { values } = readArguments(usage, {
  days: { type: 'string', default: '90' }, to: { type: 'string' }, out: { type: 'string', default: 'report.html' }
})
const length = Number(values.days)
if (!Number.isInteger(length) || length < 1 || length > MAX_DAYS) {
  misused(`--days must be between 1 and ${MAX_DAYS}.`, usage)
}
if (values.to !== undefined && !(/^\d{4}-\d\d-\d\d$/.test(values.to) && !Number.isNaN(Date.parse(values.to)))) {
  misused('--to must be a date, such as 2026-11-21.', usage)
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

async function groupsOf (sql: Sql, by: string, from: string | null, to: string | null): Promise<Group[]> {
  const end = to && `${to}T23:59:59.999999Z`
  const [row] = await sql.unsafe<{ groups: string }[]>(statementTexts.get('orders/list-groups')!,
    [by, null, null, null, from, end])
  return JSON.parse(row!.groups)
}

await withDatabase(async (sql) => {
  const to = values.to ?? (await groupsOf(sql, 'day', null, null)).at(-1)?.key ?? dayOf(Date.now())
  const from = dayOf(Date.parse(to) - (length - 1) * DAY_MS)
  const byDay = new Map((await groupsOf(sql, 'day', from, to)).map((day) => [day.key, day]))
  const days = Array.from({ length }, (_, n) => dayOf(Date.parse(from) + n * DAY_MS)).map((key) =>
    byDay.get(key) ?? { key, orders: 0, total_quantity: 0, total_amount_cents: 0 })
  const top = (await groupsOf(sql, 'product', from, to)).toSorted((a, b) => b.orders - a.orders).slice(0, TOP)
  const names = new Map((await sql.unsafe<{ product_id: number, product_name: string }[]>(
    await readFile(join(import.meta.dirname, '../sql/scripts/list-product-names.sql'), 'utf8'),
    [top.map(({ key }) => key)]
  )).map(({ product_id: id, product_name: name }) => [String(id), name]))
  const products = top.map((group) => ({ ...group, name: names.get(group.key) ?? group.key }))
  const statuses = await groupsOf(sql, 'status', from, to)
  await writeFile(values.out, pageOf({ from, to, days, statuses, products, madeAt: new Date() }))
  console.log(`${values.out}: ${from} to ${to}`)
  return true
})
