/** A value of a chart and what it is of. */
export interface Bar { label: string, value: number, shown: string }

const WIDTH = 860

/** Text of the shop, which may be anything, as it stands in HTML. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A step of an axis that people read easily: 1, 2 or 5 times a power of ten, about four of them up to `most`. */
export function stepOf (most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1) / 4))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step * 4 >= most)!
}

const round = (value: number) => Math.round(value * 10) / 10

/** A column for each day, the values at the left, some of the days below; each names itself under the pointer. */
export function columns (bars: Bar[], title: string): string {
  const [left, top, height] = [64, 12, 220]
  const step = stepOf(Math.max(...bars.map(({ value }) => value)))
  const most = step * Math.max(1, Math.ceil(Math.max(...bars.map(({ value }) => value)) / step))
  const y = (value: number) => round(top + height - value / most * height)
  const slot = (WIDTH - left - 8) / bars.length
  const lines = Array.from({ length: Math.round(most / step) + 1 }, (_, n) => n * step).map((value) =>
    `<line class="grid" x1="${left}" x2="${WIDTH - 8}" y1="${y(value)}" y2="${y(value)}"/>` +
    `<text x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${value.toLocaleString('en')}</text>`)
  const every = Math.ceil(bars.length / 9)
  const drawn = bars.map(({ label, value, shown }, n) => {
    const x = left + n * slot
    const name = n % every === 0
      ? `<text x="${round(x + slot / 2)}" y="${top + height + 20}" text-anchor="middle">${escapeHtml(label)}</text>`
      : ''
    return `<g class="bar"><title>${escapeHtml(label)}: ${escapeHtml(shown)}</title>` +
      `<rect class="hit" x="${round(x)}" y="${top}" width="${round(slot)}" height="${height}"/>` +
      `<rect x="${round(x + slot * 0.12)}" y="${y(value)}" width="${round(slot * 0.76)}" ` +
      `height="${round(top + height - y(value))}" rx="${round(Math.min(3, slot / 4))}"/></g>${name}`
  })
  return svg(title, top + height + 30, [...lines, ...drawn])
}

/** A row for each value, the longest first: its name, its bar, its figure. */
export function rows (bars: Bar[], title: string): string {
  const [left, right, slot] = [300, 130, 30]
  const most = Math.max(...bars.map(({ value }) => value), 1)
  const drawn = bars.map(({ label, value, shown }, n) => {
    const y = n * slot
    const length = Math.max(2, round(value / most * (WIDTH - left - right)))
    const name = label.length > 40 ? `${[...label].slice(0, 39).join('')}…` : label
    return `<g class="bar"><title>${escapeHtml(label)}: ${escapeHtml(shown)}</title>` +
      `<text class="name" x="${left - 12}" y="${y + 20}" text-anchor="end">${escapeHtml(name)}</text>` +
      `<rect x="${left}" y="${y + 5}" width="${length}" height="20" rx="4"/>` +
      `<text class="figure" x="${left + length + 8}" y="${y + 20}">${escapeHtml(shown)}</text></g>`
  })
  return svg(title, bars.length * slot + 4, drawn)
}

const svg = (title: string, height: number, parts: string[]) =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join('\n')}</svg>`
