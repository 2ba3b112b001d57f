import t from 'tap'
import { columns, rows, stepOf } from '../../scripts/report/charts.ts'
import { pageOf } from '../../scripts/report/page.ts'

const group = (key: string, orders: number) => ({
  key, orders, total_quantity: orders * 2, total_amount_cents: orders * 123_456
})

t.test('the report is one page that asks nobody for anything and runs nothing', async (t) => {
  const evil = '"><script>alert(1)</script><img src=https://example.com onerror=x>\''
  const page = pageOf({
    from: '2026-11-20',
    to: '2026-11-21',
    days: [group('2026-11-20', 0), group('2026-11-21', 1)],
    statuses: [group('paid', 1), group('return_requested', 3)],
    products: [{ ...group('7', 1), name: evil }],
    madeAt: new Date('2026-11-21T10:00:00Z')
  })
  t.notMatch(page, /<script|<img|<link|<iframe|url\(|@import/)
  t.match(page, /default-src 'none'/)
  t.match(page, /&#34;&#62;&#60;script&#62;alert\(1\)/, 'names stand there as text')
  t.match(page, /<title>11-21: 1,234.56, 1 order<\/title>/)
  t.ok(page.indexOf('return requested') < page.indexOf('>paid<'), 'the most first')
  t.match(page, /<b>1,234.56<\/b><span>sales/)
})

t.test('a shop without orders has a report, too', async (t) => {
  const page = pageOf({
    from: '2026-11-21', to: '2026-11-21', days: [group('2026-11-21', 0)], statuses: [], products: [], madeAt: new Date()
  })
  t.notMatch(page, /NaN|Infinity|undefined/)
  t.equal(page.match(/None\./g)?.length, 2)
})

t.test('charts', async (t) => {
  t.same([1, 3, 4, 9, 100, 41_000].map(stepOf), [0.5, 1, 1, 5, 50, 20_000])
  const bars = [10, 5].map((value) => ({ label: 'a', value, shown: String(value) }))
  t.match(columns(bars, 'T'), /height="220" rx="3"[^]*height="110" rx="3"/, 'as high as they are large')
  t.match(rows(bars, 'T'), /width="430"[^]*width="215"/)
  const long = rows([{ label: '😀'.repeat(60), value: 1, shown: '1' }], 'T')
  t.ok(long.includes(`${'😀'.repeat(39)}…`), 'cut between characters')
})
