import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import type { Test } from 'tap'

const root = join(import.meta.dirname, '../../sql')

export const connect = (t: Test, url: string): Sql => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  return sql
}

/** A copy of sql/ to make another release of. */
export async function copyOfSql (t: Test) {
  const folder = join(t.testdir(), 'sql')
  await cp(root, folder, { recursive: true })
  return {
    folder,
    write: async (file: string, text: string) => {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    },
    edit: async (file: string, from: string, to: string) => {
      const text = await readFile(join(folder, file), 'utf8')
      t.ok(text.includes(from), `${file} has what is changed`)
      await writeFile(join(folder, file), text.replaceAll(from, () => to))
    },
    remove: async (file: string) => await rm(join(folder, file)),
    move: async (from: string, to: string) => {
      await mkdir(dirname(join(folder, to)), { recursive: true })
      await rename(join(folder, from), join(folder, to))
    },
    release: async (version: number) => await writeFile(join(folder, 'version'), `${version}\n`)
  }
}
