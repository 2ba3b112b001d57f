import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { endIfInterrupted, endOnSignals } from '../database/interrupt.ts'
import { migrate } from '../database/migration/index.ts'
import { startEmbedded } from '../packages/embedded-server/index.ts'
import { readArguments } from './arguments.ts'
import { schemaText } from './schema-text.ts'

readArguments(`
node scripts/schema.ts

Writes sql/schema.sql: the tables, views, functions and triggers that the files of sql/ make, in one file to be read.
Runs on a database of its own.
`, {})
endOnSignals()

const dataDir = await mkdtemp(join(tmpdir(), 'db-service-schema-'))
endIfInterrupted(async () => { process.once('exit', () => rmSync(dataDir, { recursive: true, force: true })) })
const server = await startEmbedded(dataDir, { settings: { fsync: 'off' } })
try {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  const text = await schemaText(sql)
  await sql.end()
  await writeFile(join(import.meta.dirname, '../sql/schema.sql'), text)
  console.log(`sql/schema.sql: ${text.split('\n').length} lines`)
} finally {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}
