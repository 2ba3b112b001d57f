/** What the server said of a statement by itself. */
export interface Description {
  /** The statement as it may stand in parentheses: without a semicolon at its end. */
  text: string
  /** Of its parameters, as oids. */
  types: number[]
  /** Two of its columns have one name. */
  hasDoubles: boolean
}

/** Statements, and how long each may be: a client sends the same few again and again. */
const LIMIT = 200
const MAX_LENGTH = 4000

/** A migration may change types; that a text is one statement and no more is true for ever. */
const KEPT_MS = 30_000

/**
 * What was described lately, by text, so that a client's statements are parsed once and not twice each time. What a
 * statement may read is no part of it: the server asks that whenever it runs.
 */
export class Described {
  readonly #known = new Map<string, { description: Description, until: number }>()

  find (text: string): Description | undefined {
    const found = this.#known.get(text)
    return found && found.until > performance.now() ? found.description : undefined
  }

  add (text: string, description: Description): void {
    if (text.length > MAX_LENGTH) return
    this.#known.delete(text)
    if (this.#known.size >= LIMIT) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(text, { description, until: performance.now() + KEPT_MS })
  }

  forget (text: string): void {
    this.#known.delete(text)
  }
}
