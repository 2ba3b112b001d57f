/** A piece of HTML that is safe to put into HTML. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)

function render (value: unknown): string {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(render).join('')
  return value === null || value === undefined ? '' : escape(String(value))
}

/** Writes HTML with every value escaped, except what is Html already; null is left out. */
export const html = (texts: TemplateStringsArray, ...values: unknown[]): Html =>
  new Html(texts.map((text, n) => text + (n < values.length ? render(values[n]) : '')).join(''))
