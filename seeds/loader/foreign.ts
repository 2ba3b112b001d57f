/** Why a file cannot be loaded at all. */
export class FileFault extends Error {}

/** How files begin that are no UTF-8 text: byte order marks and what NUL bytes in the first letters tell (longest first), archives. */
const STARTS: [bytes: number[], what: string][] = [
  [[0xff, 0xfe, 0, 0], 'encoded in UTF-32: save it as UTF-8'],
  [[0, 0, 0xfe, 0xff], 'encoded in UTF-32: save it as UTF-8'],
  [[0xff, 0xfe], 'encoded in UTF-16: save it as UTF-8'],
  [[0xfe, 0xff], 'encoded in UTF-16: save it as UTF-8'],
  [[0x1f, 0x8b], 'compressed with gzip: let its name end in .csv.gz'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive or an Excel workbook: save it as CSV, or compress it with gzip']
]

const SEPARATORS: [character: string, name: string][] = [[';', 'semicolons'], ['\t', 'tabs'], ['|', 'vertical bars']]

export const LATIN_1 = 'encoded in Latin-1 or Windows-1252, as it seems: save it as UTF-8'

/**
 * Looks at the first bytes of a file.
 *
 * @throws FileFault naming what it is instead of CSV in UTF-8
 */
export function checkStart (bytes: Buffer): void {
  const known = STARTS.find(([start]) => start.every((byte, at) => bytes[at] === byte))
  if (known !== undefined) throw new FileFault(known[1])
  // Without a byte order mark every other byte of an ASCII letter is 0.
  if (bytes.length > 2 && (bytes[0] === 0) !== (bytes[1] === 0)) throw new FileFault('encoded in UTF-16: save it as UTF-8')
}

/** What separates the columns of a header that is not split by commas as it should be. */
export function findSeparator (header: string, known: string[]): string | undefined {
  const declared = /^\W*sep=(.)/.exec(header)?.[1]
  for (const [character, name] of SEPARATORS) {
    const cells = header.split(character).map((cell) => cell.replaceAll('"', '').trim())
    if (declared === character || (cells.length > 1 && cells.some((cell) => known.includes(cell)))) return name
  }
}
