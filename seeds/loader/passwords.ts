import type { Sql } from 'postgres'
import { hashPassword } from '../../plugins/passwords.ts'
import { run } from './run.ts'

/** Users read at once; meanwhile the database hears nothing of the load (silence.ts). */
const BATCH = 40

/** Hashes the passwords of the users who came with one but without a hash. About 100 ms each, two at a time. */
export async function hashPasswords (sql: Sql): Promise<void> {
  let after = '0'
  for (;;) {
    const users = await run<{ id: string, password: string }>(sql, 'list-passwords', [after, BATCH])
    const last = users.at(-1)
    if (last === undefined) return
    after = last.id
    const hashes: string[] = []
    const waiting = users.entries()
    // More at once would starve every file and DNS call of this process (libuv has four threads).
    await Promise.all([1, 2].map(async () => {
      for (const [place, { password }] of waiting) hashes[place] = await hashPassword(password)
    }))
    await run(sql, 'set-hashes', [users.map(({ id }) => id), hashes])
  }
}
