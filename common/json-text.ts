/** What no request of ours comes near, and no stack minds. */
export const MAX_DEPTH = 32

/**
 * Brackets, colons and commas of a body: 1,000 items of 20 fields, or a list of as many texts. JSON.parse takes 100 ms
 * for 1 MiB of small objects or of different names, and 15 ms for as many of them as this.
 */
export const MAX_TOKENS = 60_000

const [QUOTE, BACKSLASH, LETTER_U, ZERO] = [0x22, 0x5c, 0x75, 0x30]

export interface JsonText {
  /** Why it is not parsed at all, as what follows "The body"; undefined: it may be. */
  fault: string | undefined
  /** It has escapes that may stand for NUL or for half a surrogate pair: only then its values need looking at. */
  isSuspicious: boolean
}

/**
 * Looks at the bytes of a JSON text once (1 ms for 1 MiB), before JSON.parse does, whose cost a caller could choose.
 */
export function inspect (bytes: Buffer): JsonText {
  let depth = 0
  let tokens = 0
  let isSuspicious = false
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) {
          if (bytes[at] !== BACKSLASH) continue
          at++
          if (bytes[at] === LETTER_U) isSuspicious ||= isNulOrSurrogate(bytes, at + 1)
        }
        break
      case 0x5b: case 0x7b: // [ {
        tokens++
        if (++depth > MAX_DEPTH) return { fault: `must not be nested deeper than ${MAX_DEPTH} levels`, isSuspicious }
        break
      case 0x5d: case 0x7d: // ] }
        depth--
        break
      case 0x2c: case 0x3a: // , :
        if (++tokens > MAX_TOKENS) return { fault: 'has too many values', isSuspicious }
    }
  }
  return { fault: undefined, isSuspicious }
}

/** Whether four hexadecimal digits are 0000 or within d800 to dfff. */
function isNulOrSurrogate (bytes: Buffer, at: number): boolean {
  if ((bytes[at]! | 0x20) === 0x64) return bytes[at + 1]! >= 0x38
  return bytes[at] === ZERO && bytes[at + 1] === ZERO && bytes[at + 2] === ZERO && bytes[at + 3] === ZERO
}
