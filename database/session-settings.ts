import { BY_INDEX, FOR_CALLERS, settingsOf, type ClientOptions } from './client.ts'
import { explain } from './failures.ts'
import type { Pool } from './pool.ts'
import { statementTexts } from './statements.ts'

const FIND_SETTINGS = statementTexts.get('gateway/find-settings')!

/**
 * Says what to do where a pooler refuses to connect because of a setting that it does not know; any other error as it
 * is.
 */
export function explainRefusedSetting (error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.includes('unsupported startup parameter')) return error
  const { application_name: _, TimeZone, DateStyle, ...names } = settingsOf(1, { ...FOR_CALLERS.settings, ...BY_INDEX })
  return new Error(
    `PgBouncer refuses settings of the gateway (${error.message}). Set there: ignore_startup_parameters = ` +
      `${Object.keys(names).join(',')}`,
    { cause: error }
  )
}

/**
 * Checks that the settings sent with each connection have arrived: a pooler such as PgBouncer drops them in silence,
 * limits included, and a statement could then run for ever. What the server gives a login by itself holds behind any
 * pooler.
 *
 * @throws Error with the SQL that sets them there
 */
export async function checkSettings (
  pool: Pool, { statementTimeout, settings }: Pick<ClientOptions, 'statementTimeout' | 'settings'>
): Promise<void> {
  const { application_name: _, ...wanted } = settingsOf(statementTimeout, settings)
  const found = await pool.run(FIND_SETTINGS, [Object.keys(wanted)], { isRead: true })
    .catch((error) => { throw explain(error, 'gateway/find-settings') })
  // DateStyle comes with the order of day and month, which ISO does not care about.
  const missing = found.filter(({ name, value }) => !`${String(value)},`.startsWith(`${wanted[name as string]},`))
  if (missing.length === 0) return
  const [{ role, database }] = missing as [Record<string, string>]
  const quoted = (name?: string) => `"${name?.replaceAll('"', '""')}"`
  const lines = missing.map(
    ({ name }) =>
      `  alter role ${quoted(role)} in database ${quoted(database)} set ${String(name)} = '${wanted[name as string]}';`
  )
  throw new Error('a pooler between here and PostgreSQL drops settings that the gateway relies on ' +
    `(${missing.map(({ name, value }) => `${String(name)} is ${String(value)}`).join(', ')}). Run this on the ` +
      `server, and have the pooler connect anew:\n${lines.join('\n')}`)
}
