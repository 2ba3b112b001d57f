import type { Run } from './run.ts'

const WIDTH = 760
const LEFT = 150
const BARS = 400
const ROW = 26
const TOP = 64

/**
 * A bar chart of how near the gateway comes to the minimal one, request by request; plain SVG that a README can show,
 * in light and dark.
 */
export function chart ({ cases, date, postgres, settings: { connections } }: Run): string {
  const most = Math.max(1.2, ...cases.map(({ ratio }) => ratio))
  const x = (ratio: number) => LEFT + BARS * ratio / most
  const height = TOP + ROW * cases.length + 34
  const bottom = TOP + ROW * cases.length
  const bars = cases.map(({ name, ratio, ours }, n) => {
    const y = TOP + ROW * n
    const cost = ours.gateway === null ? '' : ` · ${ours.gateway.toFixed(0)} µs`
    return [
      text(LEFT - 10, y + 16, name.replaceAll('-', ' '), 'end'),
      `<rect x="${LEFT}" y="${y + 3}" width="${(x(ratio) - LEFT).toFixed(1)}" height="${ROW - 8}" rx="2" ` +
        `fill="${ratio >= 1 ? '#2f8f5b' : '#3b7dd8'}"/>`,
      text(x(most) + 12, y + 16, `${ratio.toFixed(2)} · ${grouped(ours.perSecond)}/s${cost}`)
    ].join('\n')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
`viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#24292f" role="img" ` +
`aria-label="Requests a second beside a minimal gateway">
<rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>
<text x="16" y="26" font-size="15" font-weight="600">` +
`Requests a second, beside a bare Fastify with the same statements</text>
<line x1="${x(1).toFixed(1)}" y1="${TOP - 8}" x2="${x(1).toFixed(1)}" y2="${bottom}" ` +
`stroke="#8c959f" stroke-dasharray="3 3"/>
${text(x(1), TOP - 14, 'minimal gateway = 1', 'middle')}
${bars.join('\n')}
<text x="16" y="${bottom + 22}" font-size="11" fill="#57606a">${escaped(
  `${date.toISOString().slice(0, 10)}, ${connections} connections, PostgreSQL ${postgres}; µs: processor time of the ` +
    'gateway for one request')}</text>
</svg>
`
}

const text = (x: number, y: number, value: string, anchor = 'start') =>
  `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${escaped(value)}</text>`

const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const grouped = (value: number) => Math.round(value).toLocaleString('en')
