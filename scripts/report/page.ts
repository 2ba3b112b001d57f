import { columns, escapeHtml, rows } from './charts.ts'

/** Sums of a day, a status or a product, as GET /api/v1/orders/summary has them. */
export interface Group { key: string, orders: number, total_quantity: number, total_amount_cents: number }

export interface Report {
  from: string
  to: string
  days: Group[]
  statuses: Group[]
  /** The most ordered first. */
  products: (Group & { name: string })[]
  madeAt: Date
}

const money = (cents: number) => (cents / 100).toLocaleString('en', {
  minimumFractionDigits: 2, maximumFractionDigits: 2
})
const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`

const STYLE = `
:root { color-scheme: light dark; --back: #f5f6f8; --card: #fff; --ink: #1c2430; --soft: #667085; --line: #e4e7ec;
  --bar: #3b6fd4; --over: #1f4fa8 }
@media (prefers-color-scheme: dark) { :root { --back: #12161c; --card: #1b212b; --ink: #e8ecf2; --soft: #98a2b3;
  --line: #2c3442; --bar: #6c9bf0; --over: #9dbdf7 } }
* { box-sizing: border-box } body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
main { max-width: 940px; margin: 0 auto; padding: 32px 20px 48px }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 16px; margin: 0 0 14px } p { color: var(--soft); margin: 4px 0 24px }
section, .sum { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px }
section { margin-top: 18px }
.sums { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 18px }
.sum b { display: block; font-size: 26px; font-weight: 650 } .sum span { color: var(--soft); font-size: 13px }
svg { display: block; width: 100%; height: auto } text { fill: var(--soft); font-size: 12px } .name { fill: var(--ink);
  font-size: 13px } .figure { font-size: 12.5px } .grid { stroke: var(--line) } .bar rect { fill: var(--bar) }
.bar .hit { fill: transparent } .bar:hover rect:not(.hit) { fill: var(--over) }
@media print { section { break-inside: avoid } }`

/** The whole report as one HTML page, which asks nobody for anything. */
export function pageOf ({ from, to, days, statuses, products, madeAt }: Report): string {
  const sum = (key: 'orders' | 'total_quantity' | 'total_amount_cents') =>
    days.reduce((total, day) => total + day[key], 0)
  const sums = [
    [money(sum('total_amount_cents')), 'sales'], [sum('orders').toLocaleString('en'), 'orders'],
    [sum('total_quantity').toLocaleString('en'), 'pieces'],
    [money(sum('total_amount_cents') / Math.max(1, sum('orders'))), 'an order, on average']
  ]
  const byDay = days.map(({ key, orders, total_amount_cents: cents }) => ({
    label: key.slice(5), value: cents / 100, shown: `${money(cents)}, ${count(orders, 'order')}`
  }))
  const byProduct = products.map(({ name, orders }) => ({ label: name, value: orders, shown: count(orders, 'order') }))
  const byStatus = statuses.toSorted((a, b) => b.orders - a.orders).map(({ key, orders }) => ({
    label: key.replaceAll('_', ' '), value: orders, shown: count(orders, 'order')
  }))
  const charts = [
    ['Sales by day', (title: string) => columns(byDay, title), days.length],
    ['Most ordered products', (title: string) => rows(byProduct, title), products.length],
    ['Orders by status', (title: string) => rows(byStatus, title), statuses.length]
  ] as const
  const sections = charts.map(([title, draw, size]) =>
    `<section><h2>${title}</h2>${size > 0 ? draw(title) : 'None.'}</section>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Sales from ${escapeHtml(from)} to ${escapeHtml(to)}</title><style>${STYLE}</style></head><body><main>
<h1>Sales</h1><p>${escapeHtml(from)} to ${escapeHtml(to)}, days in UTC. Made ${madeAt.toISOString().slice(0, 16)}Z.</p>
<div class="sums">${sums.map(([value, what]) => `<div class="sum"><b>${value}</b><span>${what}</span></div>`).join('')}
</div>
${sections.join('\n')}
</main></body></html>
`
}
