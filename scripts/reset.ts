import { createInterface } from 'node:readline'
import type { Sql } from 'postgres'
import { findFiles } from '../seeds/loader/files.ts'
import { migrate } from '../database/migration/index.ts'
import { describeContents, listSessions, reset, restoreNumbers, type Contents } from '../database/migration/reset.ts'
import { readArguments } from './arguments.ts'
import { load } from './load.ts'
import { withDatabase } from './with-database.ts'

const { values } = readArguments(`
npm run reset [-- --yes NAME] [--force] [--dry-run]

Drops every user, product and order in the database (DATABASE_URL, else the embedded one under DATA_DIR), and builds
it anew from SEED_DIR. Asks for the database's name first. Refuses while gateways are connected, and in production
without ALLOW_RESET=true.

  --yes NAME   the database's name, instead of being asked for it
  --force      end the sessions of gateways that are connected; they end themselves then
  --dry-run    say what would be dropped, and drop nothing
`, { yes: { type: 'string' }, force: { type: 'boolean' }, 'dry-run': { type: 'boolean' } })

await withDatabase(async (sql, config) => {
  const contents = await describeContents(sql)
  console.error(describe(sql, contents))
  if (values['dry-run']) {
    const sessions = await listSessions(sql)
    if (sessions.length > 0) console.error(`Gateways on it: ${sessions.join(', ')}.`)
    console.error('This was a dry run: nothing was dropped.')
    return true
  }
  if (config.NODE_ENV === 'production' && !config.ALLOW_RESET) {
    throw new Error('This would drop every user, product and order. In production it needs ALLOW_RESET=true.')
  }
  // A folder that is not there shows before anything is dropped.
  if (config.SEED_DIR !== '') await findFiles(config.SEED_DIR)
  await confirm(contents.name)
  const numbers = await reset(sql, { force: values.force ?? false })
  await migrate(sql)
  await restoreNumbers(sql, numbers)
  return config.SEED_DIR === '' || !(await load(sql, config, config.SEED_DIR)).nothingLoaded
})

function describe (sql: Sql, { name, users, orders, isFilled }: Contents): string {
  const { host, port } = sql.options
  const places = host.map((one, at) => `${one}:${port[at]}`).join(', ')
  const count = (n: number, what: string) => n > 1_000_000 ? `more than a million ${what}` : `${n} ${what}`
  const inside = isFilled ? `${count(users, 'users')} and ${count(orders, 'orders')}` : 'nothing of db-service yet'
  return `The database ${name} on ${places} holds ${inside}.`
}

/** Lets a person say which database is meant: whoever has the wrong DATABASE_URL does not guess its name. */
async function confirm (name: string): Promise<void> {
  if (values.yes !== undefined) {
    if (values.yes !== name) throw new Error(`Nothing was dropped: the database is called ${name}, not ${values.yes}.`)
    return
  }
  if (!process.stdin.isTTY) throw new Error(`Nothing was dropped: without a terminal this needs --yes ${name}`)
  process.stderr.write('All of it will be dropped. To go on, type the name of the database: ')
  if (await readLine() !== name) throw new Error('Nothing was dropped: that is not its name.')
}

/** Not readline's own prompt, which takes Ctrl-C for itself. */
async function readLine (): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  const { value, done } = await lines[Symbol.asyncIterator]().next()
  lines.close()
  return done ? '' : value.trim()
}
