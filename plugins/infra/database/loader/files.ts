import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** A CSV file that was found. `number` is its place in the order of loading: of two rows with the same key the later file's wins. */
export interface CsvFile { number: number, name: string, path: string, size: number }

/** The kinds of rows there are, in the order of loading, each with the files it is read from: the first alternative found counts. */
const SOURCES = {
  departments: [[/^departments_enriched\.csv$/], [/^departments\.csv$/]],
  aisles: [[/^aisles\.csv$/]],
  products: [[/^products\.csv$/]],
  enriched: [[/^products_enriched\/enriched_products_dept.*\.csv$/]],
  users: [[/^users_demo\.csv$/]],
  orders: [[/^orders_demo_enriched\.csv$/], [/^orders_demo\.csv$/], [/^orders\.csv$/]],
  items: [[/^order_items_demo\.csv$/], [/^order_products__prior\.csv$/, /^order_products__train\.csv$/]],
  history: [[/^orders_demo_status_history\.csv$/]]
} satisfies Record<string, RegExp[][]>

export type Kind = keyof typeof SOURCES

/**
 * Finds the CSV files of a shop in a folder; any may be missing, others are left alone.
 *
 * @throws Error where there is no such folder, or none of the files in it
 */
export async function findFiles (dir: string): Promise<Record<Kind, CsvFile[]>> {
  const names = [
    ...await list(dir),
    ...(await list(join(dir, 'products_enriched')).catch(() => [])).map((name) => `products_enriched/${name}`)
  ]
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

  const found = {} as Record<Kind, CsvFile[]>
  let number = 0
  for (const kind of Object.keys(SOURCES) as Kind[]) {
    found[kind] = []
    for (const name of firstAlternative(SOURCES[kind], names)) {
      const path = join(dir, name)
      // What cannot be looked at is found all the same: reading it then ends in a report.
      const size = await stat(path).then((stats) => stats.size, () => 0)
      found[kind].push({ number: ++number, name, path, size })
    }
  }
  if (number === 0) throw new Error(`There is no CSV file to load in ${dir}: expected departments.csv, products.csv, users_demo.csv …`)
  return found
}

/** Whether a file name (without folder) is one that rows of this kind are read from, found or not. */
export function belongsTo (kind: Kind, name: string): boolean {
  return SOURCES[kind].flat().some((pattern: RegExp) => pattern.test(name) || pattern.test(`products_enriched/${name}`))
}

/** The name of a file's reject report. */
export function reportName (file: CsvFile): string {
  return basename(file.name)
}

function firstAlternative (alternatives: RegExp[][], names: string[]): string[] {
  for (const patterns of alternatives) {
    const fitting = names.filter((name) => patterns.some((pattern) => pattern.test(name)))
    if (fitting.length > 0) return fitting
  }
  return []
}

async function list (dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    throw new Error(`The folder with CSV files, ${dir}, cannot be read (${(error as Error).message}). Set SEED_DIR or --dir.`)
  }
}
