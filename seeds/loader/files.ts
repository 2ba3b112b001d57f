import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/**
 * A CSV file that was found. `number` is its place in the order of loading: of two rows with the same key the later
 * file's wins.
 */
export interface CsvFile { number: number, name: string, path: string, size: number, isPacked: boolean }

/** What lies in the folder and is not read, and why, where there is something to say. */
export interface UnreadFile { file: string, why?: string }

export interface Folder { files: Record<Kind, CsvFile[]>, unread: UnreadFile[] }

/**
 * The kinds of rows there are, in the order of loading, each with the files it is read from: the first alternative
 * found counts. Each file also as `.csv.gz`.
 */
const SOURCES = {
  departments: [[/^departments_enriched\.csv$/], [/^departments\.csv$/]],
  aisles: [[/^aisles\.csv$/]],
  products: [[/^products\.csv$/]],
  enriched: [[/^products_enriched\/enriched_products_dept.*\.csv$/]],
  inventory: [[/^inventory\.csv$/]],
  users: [[/^users_demo\.csv$/]],
  orders: [[/^orders_demo_enriched\.csv$/], [/^orders_demo\.csv$/], [/^orders\.csv$/]],
  items: [[/^order_items_demo\.csv$/], [/^order_products__prior\.csv$/, /^order_products__train\.csv$/]],
  history: [[/^orders_demo_status_history\.csv$/]]
} satisfies Record<string, RegExp[][]>

export type Kind = keyof typeof SOURCES

/**
 * Bytes read at once, and so many rows in memory: with 256 KiB the process grew to 360 MB, and took a third more of the
 * processor.
 */
const CHUNK = 64 * 1024

const ENRICHED = 'products_enriched'
const PATTERNS: RegExp[] = Object.values(SOURCES).flat(2)

/**
 * Finds the CSV files of a shop in a folder; any may be missing, others are left alone, and named.
 *
 * @throws Error where there is no such folder, or none of the files in it
 */
export async function findFiles (dir: string): Promise<Folder> {
  const entries = [
    ...(await list(dir)).filter((name) => name !== ENRICHED),
    ...(await list(join(dir, ENRICHED)).catch(() => [])).map((name) => `${ENRICHED}/${name}`)
  ].filter((name) => !basename(name).startsWith('.'))
  entries.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  // Of a file that is there twice, the one that can be looked into is read.
  const names = entries.filter((name) => !entries.some((other) => name === `${other}.gz`))

  const files = {} as Record<Kind, CsvFile[]>
  let number = 0
  for (const kind of Object.keys(SOURCES) as Kind[]) {
    files[kind] = []
    for (const name of firstAlternative(SOURCES[kind], names)) {
      const path = join(dir, name)
      // What cannot be looked at is found all the same: reading it then ends in a report.
      const size = await stat(path).then((stats) => stats.size, () => 0)
      files[kind].push({ number: ++number, name, path, size, isPacked: name.endsWith('.gz') })
    }
  }
  const read = new Set(Object.values(files).flat().map(({ name }) => name))
  const unread = entries.filter((name) => !read.has(name))
    .map((name) => ({ file: name, ...explain(name, files, read) }))
  if (number === 0) {
    throw new Error(`There is no CSV file to load in ${dir}: expected departments.csv, products.csv, users_demo.csv …` +
      unread.map(({ file, why }) => why === undefined ? '' : `\n  ${file}: ${why}`).join(''))
  }
  return { files, unread }
}

/** Reads a file, unpacked where it is a .csv.gz. */
export function openFile (file: CsvFile, onBytes?: (bytes: number) => void): Readable {
  const source = createReadStream(file.path, { highWaterMark: CHUNK })
  if (onBytes !== undefined) source.on('data', (chunk) => onBytes(chunk.length))
  // A fault of the source ends the other stream, too.
  return file.isPacked ? pipeline(source, createGunzip({ chunkSize: CHUNK }), () => {}) : source
}

/** Whether a file name (without folder) is one that rows of this kind are read from, found or not. */
export function belongsTo (kind: Kind, name: string): boolean {
  return SOURCES[kind].flat().some((pattern: RegExp) => pattern.test(name) || pattern.test(`${ENRICHED}/${name}`))
}

/** The name of a file's reject report: always plain CSV. */
export function reportName (file: CsvFile): string {
  return basename(unpacked(file.name))
}

function firstAlternative (alternatives: RegExp[][], names: string[]): string[] {
  for (const patterns of alternatives) {
    const matching = names.filter((name) => patterns.some((pattern) => pattern.test(unpacked(name))))
    if (matching.length > 0) return matching
  }
  return []
}

function explain (name: string, files: Record<Kind, CsvFile[]>, read: Set<string>): { why?: string } {
  const twin = name.replace(/\.gz$/, '')
  if (twin !== name && read.has(twin)) return { why: `${twin} is read instead` }
  for (const kind of Object.keys(SOURCES) as Kind[]) {
    const isAlternative = SOURCES[kind].flat().some((pattern: RegExp) => pattern.test(unpacked(name)))
    if (isAlternative && files[kind].length > 0) {
      return { why: `${files[kind].map((file) => file.name).join(', ')} is read instead` }
    }
  }
  const lower = name.toLowerCase()
  const isMisspelt = lower !== name && (lower === ENRICHED || PATTERNS.some((pattern) => pattern.test(unpacked(lower))))
  return isMisspelt ? { why: `did you mean ${lower}?` } : {}
}

function unpacked (name: string): string {
  return name.replace(/\.gz$/, '')
}

async function list (dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    throw new Error(
      `The folder with CSV files, ${dir}, cannot be read (${(error as Error).message}). Set SEED_DIR or --dir.`
    )
  }
}
