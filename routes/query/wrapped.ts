import type { Description } from './described.ts'
import { AFTER, BEFORE } from './texts.ts'

/** What a caller sends and the bounds of the response. */
export interface Query { text: string, parameters: unknown[], maxRows: number, maxBytes: number }

/** How a parameter is written for the type the server wants (an oid); null stays null. */
export type Encode = (value: unknown, type: number) => string | null

/**
 * A caller's statement as a sub-select of the one that bounds its response (sql/query/run.sql), with all parameters as
 * text; it begins at `offset`.
 */
export function wrap (
  { text, types, hasDoubles }: Description, { parameters, maxRows, maxBytes }: Query, encode: Encode
): { text: string, values: (string | null)[], offset: number } {
  const numbered = (part: string) => part.replace(/\{n\+(\d)\}/g,
    (_, more: string) => `$${types.length + Number(more)}`)
  const before = numbered(BEFORE)
  return {
    text: `${before}${text}${numbered(AFTER)}`,
    values: [
      ...parameters.map((value, index) => encode(value, types[index]!)), String(maxRows), String(maxBytes),
      String(hasDoubles)
    ],
    offset: before.length
  }
}
