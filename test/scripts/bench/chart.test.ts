import t from 'tap'
import { chart } from '../../../scripts/bench/chart.ts'
import type { Run } from '../../../scripts/bench/run.ts'

const figures = {
  perSecond: 31_234, p50: 1, p99: 2, gateway: 1250, database: 1, generator: 1, others: 0, noise: 0.01
}

const run: Run = {
  date: new Date('2026-11-27T12:00:00Z'),
  about: 'a shop',
  settings: { rounds: 1, seconds: 1, connections: 32 },
  load: [0, 0],
  postgres: '18 <beta> & "more"',
  cases: [
    { name: 'orders-of-user', ours: figures, minimal: figures, ratio: 0.5, cpuRatio: 2, statements: null },
    {
      name: 'page', ours: { ...figures, gateway: null }, minimal: figures, ratio: 2, cpuRatio: null, statements: null
    }
  ],
  peers: [],
  fault: undefined
}

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, value]) => value)
const bars = (svg: string) => [...svg.matchAll(/<rect class="(bar|ahead)" x="(\d+)" y="\d+" width="([\d.]+)"/g)]
  .map(([, kind, x, width]) => ({ kind, x: Number(x), width: Number(width) }))

t.test('The chart has a bar and three figures for each request', async (t) => {
  const svg = chart(run)
  const [behind, ahead] = bars(svg)
  t.match([behind, ahead], [{ kind: 'bar' }, { kind: 'ahead' }], 'ahead of the minimal gateway is another colour')
  t.equal(ahead!.width, 4 * behind!.width)
  t.ok(ahead!.x + ahead!.width < 588 - 40, 'the longest leaves room for the figures')
  const said = texts(svg)
  for (const value of ['orders of user', '0.50', '2.00', '31,234', '1,250', '–']) t.ok(said.includes(value), value)
  t.notOk(said.some((value) => value!.includes('generated gateways')))
})

t.test('Peers are a second part, with their versions', async (t) => {
  const peer = { peer: 'PostGraphile', version: '5.0.0', ours: figures, theirs: { ...figures, gateway: 4000 } }
  const svg = chart({ ...run, peers: [{ ...peer, request: 'user', ratio: 4, cpuRatio: 0.3 }] })
  const said = texts(svg)
  for (const value of ['user, PostGraphile', '4.0', '4,000']) t.ok(said.includes(value), value)
  t.ok(said.some((value) => value!.includes('PostgreSQL') && value!.includes('PostGraphile 5.0.0')))
  t.equal(bars(svg).length, 3)
})

t.test('It can be read on a light page and on a dark one, and asks for nothing from elsewhere', async (t) => {
  const svg = chart(run)
  const [light, dark] = svg.split('@media (prefers-color-scheme: dark)') as [string, string]
  const classes = new Set([...svg.matchAll(/class="(\w+)"/g)].map(([, name]) => name))
  t.ok(classes.size > 3)
  for (const name of classes) {
    if (name === 'title') continue
    t.ok(light.includes(`.${name} {`), `${name} in light`)
    t.ok(dark.includes(`.${name} {`), `${name} in dark`)
  }
  t.match(svg, /^<svg [^>]*width="800"/)
  t.notMatch(svg, /url\(|@import|@font-face|<image|href=/)
  t.notMatch(svg.replace('http://www.w3.org/2000/svg', ''), /https?:/)
  t.ok(svg.includes('PostgreSQL 18 &lt;beta> &amp; &quot;more&quot;'), 'text is escaped')
})
