/** What names a user, an order or a product in JSON text. */
const IN_JSON = /"(?:user_?[iI]d|localId|order_id|product_id|id)": ?"?([^",}]+)/g
const WHOLE = /^(?:\d{1,18}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i
const ID = /(?:^|_)id$/

/** Longer texts name too much to be of use; a document names its order and user first. */
const MOST_TEXT = 20_000
const DOCUMENT_TEXT = 400

/** A page's size is a number too, so of what finds no single row only what cannot be one counts. */
function namesInParameters (parameters: unknown[], isSingle: boolean): string[] {
  return parameters.flatMap((parameter) => {
    if (Array.isArray(parameter)) return parameter.map((name) => String(name).toLowerCase())
    if (typeof parameter === 'number') return isSingle ? [String(parameter)] : []
    if (typeof parameter !== 'string') return []
    if (parameter.startsWith('{') || parameter.startsWith('[')) return namesInJson(parameter, MOST_TEXT)
    return WHOLE.test(parameter) && (isSingle || parameter.includes('-')) ? [parameter.toLowerCase()] : []
  })
}

function namesInJson (text: string, most: number): string[] {
  return Array.from(text.slice(0, most).matchAll(IN_JSON), ([, name]) => name!.toLowerCase())
}

function namesInRow (row: object): string[] {
  return Object.entries(row).flatMap(([column, value]) => {
    if (value === null) return []
    if (ID.test(column)) return [String(value).toLowerCase()]
    return typeof value === 'string' && value.startsWith('{') ? namesInJson(value, DOCUMENT_TEXT) : []
  })
}

/**
 * The users, orders and products that this gateway has written a moment ago, by their ids: as long as a replica may be
 * behind, they are not read from one. As far as one can tell from outside; a name too many costs a read on the primary.
 */
export class RecentWrites {
  readonly #keepMs: number
  /** When each was written last; the oldest first. */
  readonly #writtenAt = new Map<string, number>()

  constructor (keepMs: number) {
    this.#keepMs = keepMs
  }

  /** A write has ended, however it did. */
  note (parameters: unknown[], rows: unknown[]): void {
    const now = performance.now()
    for (const [name, at] of this.#writtenAt) {
      if (now - at < this.#keepMs) break
      this.#writtenAt.delete(name)
    }
    for (const name of [...namesInParameters(parameters, true), ...(rows as object[]).flatMap(namesInRow)]) {
      this.#writtenAt.delete(name)
      this.#writtenAt.set(name, now)
    }
  }

  /**
   * Whether what a read names was written.
   *
   * @param isSingle it finds one row, by its id
   */
  includes (parameters: unknown[], isSingle: boolean): boolean {
    if (this.#writtenAt.size === 0) return false
    const since = performance.now() - this.#keepMs
    return namesInParameters(parameters, isSingle).some((name) => (this.#writtenAt.get(name) ?? -Infinity) > since)
  }
}
