// Brings the database's schema up to date, and does nothing else.
import { migrate } from '../plugins/infra/database/migrate.ts'
import { withDatabase } from './with-database.ts'

await withDatabase(async (sql) => {
  await migrate(sql)
  console.log('The schema is up to date.')
  return true
})
