import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Ajv } from 'ajv'
import type { Sql } from 'postgres'
import { isEmailAddress } from '../common/addresses.ts'
import { migrate } from '../database/migration/index.ts'
import { hashPassword } from '../plugins/passwords.ts'
import { NewPassword } from '../routes/users/schema.ts'
import { misused, readArguments } from './arguments.ts'
import { withDatabase } from './with-database.ts'

const USAGE = `
npm run admin -- create EMAIL

Creates an administrator. A user who is there gets the role and keeps the password; a new one gets a password, asked for
on a terminal, else made up and printed once.
`
const { positionals: [command, email = ''] } = readArguments(USAGE, {}, [2, 2])

const ajv = new Ajv({ strict: false })

if (command !== 'create') misused(`There is no ${command} here.`, USAGE)
if (!isEmailAddress(email)) misused(`This is no email address: ${email}`, USAGE)

await withDatabase(async (sql) => {
  await migrate(sql)
  if ((await run(sql, 'promote-admin', [email])).length > 0) {
    console.log(`${email} is an administrator now. The password is the one it was.`)
    return true
  }
  const { password, isGiven } = await choosePassword()
  await run(sql, 'insert-admin', [email, await hashPassword(password)])
  console.log(`${email} is a new administrator.${isGiven ? '' : ` The password, shown only now: ${password}`}`)
  return true
})

async function run (sql: Sql, name: string, parameters: string[]) {
  return await sql.unsafe(await readFile(join(import.meta.dirname, `../sql/scripts/${name}.sql`), 'utf8'), parameters)
}

async function choosePassword (): Promise<{ password: string, isGiven: boolean }> {
  const given = process.stdin.isTTY ? await askHidden('Password (8 characters or more; empty for a made-up one): ') : ''
  if (given === '') return { password: randomBytes(18).toString('base64url'), isGiven: false }
  if (!ajv.validate(NewPassword, given)) throw new Error('A password has 8 to 1024 characters.')
  return { password: given, isGiven: true }
}

/** Asks on the terminal without showing what is typed. */
async function askHidden (question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true })
  // In this mode the terminal makes no signal of Ctrl-C.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await prompt.question('')
  } finally {
    prompt.close()
    process.stderr.write('\n')
  }
}
