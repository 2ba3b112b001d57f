// Loads CSV files into what is there; later rows replace earlier ones: npm run seed [-- --dir <folder>] [--strict]
// Exit code 1 if nothing was loaded or, with --strict, if anything was rejected.
import { parseArgs } from 'node:util'
import { migrate } from '../plugins/infra/database/migrate.ts'
import { load } from './load.ts'
import { withDatabase } from './with-database.ts'

await withDatabase(async (sql, config) => {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, strict: { type: 'boolean', default: false } } })
  await migrate(sql)
  const report = await load(sql, config, values.dir ?? config.SEED_DIR)
  if (report.nothingLoaded) console.error('Nothing was loaded.')
  return !report.nothingLoaded && !(values.strict && report.rejected > 0)
})
