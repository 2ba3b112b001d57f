import { migrate } from '../database/migration/index.ts'
import { readArguments } from './arguments.ts'
import { withDatabase } from './with-database.ts'

readArguments(`
npm run migrate

Brings the schema of the database (DATABASE_URL, else the embedded one under DATA_DIR) up to date, and does nothing
else.
`, {})

await withDatabase(async (sql) => {
  await migrate(sql)
  console.log('The schema is up to date.')
  return true
})
