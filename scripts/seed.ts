import { migrate } from '../database/migration/index.ts'
import { describeContents } from '../database/migration/reset.ts'
import { readArguments } from './arguments.ts'
import { load } from './load.ts'
import { withDatabase } from './with-database.ts'

const { values } = readArguments(`
npm run seed [-- --dir FOLDER] [--strict] [--dry-run]

Loads CSV files (docs/csv.md) into the database (DATABASE_URL, else the embedded one under DATA_DIR), whose schema is
brought up to date first (not by --dry-run). Rows replace those of earlier loads; accounts and orders that were made
here stay as they are.

  --dir FOLDER   where the files are, instead of SEED_DIR
  --strict       exit with 1 if any row is rejected
  --dry-run      load, report, write the reject files, and roll back

Exit code 1 if nothing was loaded.
`, { dir: { type: 'string' }, strict: { type: 'boolean' }, 'dry-run': { type: 'boolean' } })

await withDatabase(async (sql, config) => {
  const dryRun = values['dry-run'] ?? false
  // Without any tables there would be nothing to try on.
  if (!dryRun || !(await describeContents(sql)).isFilled) await migrate(sql)
  const report = await load(sql, config, values.dir ?? config.SEED_DIR, { dryRun })
  if (report.nothingLoaded) console.error('Nothing was loaded.')
  return !report.nothingLoaded && !(values.strict && report.rejected > 0)
})
