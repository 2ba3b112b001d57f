// Drops everything the gateway has in its database, and builds it anew from SEED_DIR. Asks nothing; in production it only runs
// with ALLOW_RESET=true.
import { findFiles } from '../plugins/infra/database/loader/files.ts'
import { migrate } from '../plugins/infra/database/migrate.ts'
import { reset } from '../plugins/infra/database/reset.ts'
import { load } from './load.ts'
import { withDatabase } from './with-database.ts'

await withDatabase(async (sql, config) => {
  if (config.NODE_ENV === 'production' && !config.ALLOW_RESET) {
    throw new Error('This would drop every user, product and order. In production it needs ALLOW_RESET=true.')
  }
  // A folder that is not there shows before anything is dropped.
  if (config.SEED_DIR !== '') await findFiles(config.SEED_DIR)
  await reset(sql)
  await migrate(sql)
  return config.SEED_DIR === '' || !(await load(sql, config, config.SEED_DIR)).nothingLoaded
})
