import type { Run } from './run.ts'

const WIDTH = 800
const MARGIN = 20
/** Where bars begin and how long the longest is. */
const LEFT = 186
const BARS = 330
/** Where the three columns of figures end. */
const COLUMNS = [588, 686, WIDTH - MARGIN] as const
const ROW = 26
/** Half of what the name of the line takes: it stays above the bars. */
const UNIT = 64
/** Title and column heads of a part. */
const HEAD = 66

/**
 * The fonts of the reader's system and two sets of colours: an image in a page knows the reader's mode, and nothing of
 * the page. It has a ground of its own, so that it can be read on any.
 */
const STYLE = `
  text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .muted { font-size: 12px; fill: #59636e }
  .ground { fill: #ffffff; stroke: #d1d9e0 }
  .bar { fill: #3b7dd8 }
  .ahead { fill: #2f8f5b }
  .one { stroke: #59636e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .muted { fill: #9198a1 }
    .ground { fill: #0d1117; stroke: #3d444d }
    .bar { fill: #4a90e8 }
    .ahead { fill: #3fa868 }
    .one { stroke: #9198a1 }
  }`

interface Bar { label: string, ratio: number, figures: [ratio: string, perSecond: string, cpu: string] }
interface Part { title: string, unit: string, columns: [string, string, string], bars: Bar[] }

/**
 * A bar chart of how near the gateway comes to the minimal one, request by request, and how far it is ahead of peers
 * where they were measured; plain SVG that a README can show.
 */
export function chart ({ cases, peers, date, postgres, settings: { connections } }: Run): string {
  const parts: Part[] = [{
    title: 'Requests a second, beside a bare Fastify with the same statements',
    unit: 'minimal gateway = 1',
    columns: ['ratio', 'a second', 'µs each'],
    bars: cases.map(({ name, ratio, ours }) => ({
      label: name.replaceAll('-', ' '),
      ratio,
      figures: [ratio.toFixed(2), grouped(ours.perSecond), micros(ours.gateway)]
    }))
  }]
  if (peers.length > 0) {
    parts.push({
      title: 'Requests a second, beside generated gateways on the same database',
      unit: 'the other gateway = 1',
      columns: ['ratio', 'µs each', 'its µs each'],
      bars: peers.map(({ request, peer, ratio, ours, theirs }) => ({
        label: `${request}, ${peer}`,
        ratio,
        figures: [ratio.toFixed(1), micros(ours.gateway), micros(theirs.gateway)]
      }))
    })
  }
  const drawn: string[] = []
  let y = 0
  for (const part of parts) {
    drawn.push(draw(part, y))
    y += HEAD + ROW * part.bars.length + MARGIN
  }
  const versions = [...new Set(peers.map(({ peer, version }) => `${peer} ${version}`))]
  const about = [
    [date.toISOString().slice(0, 10), `${connections} connections`, `PostgreSQL ${postgres}`, ...versions].join(', '),
    'µs: processor time of the gateway for one request. Green: more requests a second than the other'
  ]
  const height = y + 18 * about.length + 10
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
`viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(parts.map(({ title }) => title).join('; '))}">
<style>${STYLE}
</style>
<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${drawn.join('\n')}
${about.map((line, n) => text(MARGIN, y + 10 + 18 * n, line, 'start', 'muted')).join('\n')}
</svg>
`
}

function draw ({ title, unit, columns, bars }: Part, top: number): string {
  const most = Math.max(1.15, ...bars.map(({ ratio }) => ratio))
  const x = (ratio: number) => LEFT + BARS * ratio / most
  const first = top + HEAD
  return [
    text(MARGIN, top + 28, title, 'start', 'title'),
    text(Math.min(Math.max(x(1), LEFT + UNIT), LEFT + BARS - UNIT), top + 54, unit, 'middle', 'muted'),
    ...columns.map((name, n) => text(COLUMNS[n]!, top + 54, name, 'end', 'muted')),
    ...bars.flatMap(({ label, ratio, figures }, n) => [
      text(LEFT - 12, first + ROW * n + 17, label, 'end'),
      `<rect class="${ratio >= 1 ? 'ahead' : 'bar'}" x="${LEFT}" y="${first + ROW * n + 4}" ` +
        `width="${(x(ratio) - LEFT).toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
      ...figures.map((figure, column) => text(COLUMNS[column]!, first + ROW * n + 17, figure, 'end'))
    ]),
    `<line class="one" x1="${x(1).toFixed(1)}" y1="${first - 6}" x2="${x(1).toFixed(1)}" ` +
      `y2="${first + ROW * bars.length}"/>`
  ].join('\n')
}

const text = (x: number, y: number, value: string, anchor: 'start' | 'middle' | 'end', kind?: string) =>
  `<text${kind === undefined ? '' : ` class="${kind}"`} x="${Number(x.toFixed(1))}" y="${y}" ` +
  `text-anchor="${anchor}">${escaped(value)}</text>`

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const grouped = (value: number) => Math.round(value).toLocaleString('en')
const micros = (value: number | null) => value === null ? '–' : grouped(value)
