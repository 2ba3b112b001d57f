import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Config } from '../../plugins/settings.ts'
import { loadFolder } from './index.ts'
import { describeProgress, type Progress } from './progress.ts'
import { remarks } from './reports.ts'

/** A long load says where it is, but not all the time. */
const PROGRESS_EVERY_MS = 3000

/** Loads SEED_DIR into the tables that are empty, and logs what became of it. Nothing where SEED_DIR is not set. */
export async function firstLoad (sql: Sql, config: Config, log: FastifyBaseLogger): Promise<void> {
  if (config.SEED_DIR === '') return
  let said = performance.now()
  const onProgress = (progress: Progress) => {
    if (performance.now() - said < PROGRESS_EVERY_MS) return
    said = performance.now()
    log.info(`loading ${config.SEED_DIR}: ${describeProgress(progress)}`)
  }

  const rejectsDir = join(config.DATA_DIR, 'rejects')
  const report = await loadFolder(sql, {
    dir: config.SEED_DIR, rejectsDir, userUuidNamespace: config.USER_UUID_NAMESPACE, onlyEmpty: true, onProgress
  })
  if (report.files.length === 0) return
  const { loaded, replaced, rejected, seconds } = report
  log.info(
    `loaded ${config.SEED_DIR} in ${seconds.toFixed(1)} s: ${loaded} rows, ${replaced} replaced earlier ones, ` +
      `${rejected} rejected`
  )
  for (const remark of remarks(report)) log.warn(remark)
  for (const file of report.files) {
    if (file.rejected > 0) log.warn(`${file.file}: ${file.rejected} rows do not fit, see ${file.rejects}`)
  }
}
