import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row, RowList, Sql } from 'postgres'

const folder = join(import.meta.dirname, '../../sql/loader')

/** Runs sql/loader/<name>.sql. */
export async function run<T extends Row = Row> (sql: Sql, name: string, parameters: (string | number | string[])[] = []): Promise<RowList<T[]>> {
  const text = await readFile(join(folder, `${name}.sql`), 'utf8')
  try {
    return await sql.unsafe<T[]>(text, parameters)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    // Not the error itself: the driver hangs the parameters on it, which may hold passwords.
    throw Object.assign(new Error(`${name}.sql: ${message}`), { code })
  }
}

/** Runs sql/loader/<name>.sql and hands out its rows a thousand at a time. */
export async function * runInBatches<T extends Row> (sql: Sql, name: string, parameters: (string | number)[]): AsyncGenerator<T[]> {
  const text = await readFile(join(folder, `${name}.sql`), 'utf8')
  yield * sql.unsafe<T[]>(text, parameters).cursor(1000)
}
