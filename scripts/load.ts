import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { Config } from '../plugins/settings.ts'
import { loadFolder } from '../seeds/loader/index.ts'
import { describeProgress, type Progress } from '../seeds/loader/progress.ts'
import { remarks, type LoadReport } from '../seeds/loader/reports.ts'

/** Between two lines of progress, but for the ends of files. */
const LINE_EVERY_MS = 10_000

/**
 * Loads a folder of CSV files with a progress bar (on a terminal of a developer, else a line a file), and prints what
 * became of the rows.
 */
export async function load (sql: Sql, config: Config, dir: string, { dryRun = false } = {}): Promise<LoadReport> {
  if (dir === '') throw new Error('There is nothing to load: set SEED_DIR, or say --dir <folder>.')
  const rejectsDir = join(config.DATA_DIR, 'rejects')
  const progress = (process.stderr.isTTY ? await progressBar() : undefined) ?? progressLines()
  let report: LoadReport
  try {
    report = await loadFolder(sql, {
      dir, rejectsDir, userUuidNamespace: config.USER_UUID_NAMESPACE, dryRun, onProgress: progress.tell
    })
  } finally {
    progress.stop()
  }
  print(report, rejectsDir)
  if (dryRun) console.log('This was a dry run: everything was rolled back.')
  return report
}

/** Undefined without the development dependencies. */
async function progressBar () {
  const cliProgress = await import('cli-progress').catch(() => undefined)
  if (!cliProgress) return undefined
  const { Presets, SingleBar } = cliProgress.default
  const bar = new SingleBar({ format: '{bar} {text}', hideCursor: true, clearOnComplete: true }, Presets.shades_classic)
  bar.start(1, 0, { text: '' })
  return {
    tell (progress: Progress) { bar.update(progress.part, { text: describeProgress(progress) }) },
    stop: () => bar.stop()
  }
}

/** A line for each step that takes its time, and for each file that has been read. */
function progressLines () {
  let said = -Infinity
  let file = ''
  return {
    tell (progress: Progress) {
      const isRead = progress.phase === 'check' && progress.file !== file
      if (!isRead && performance.now() - said < LINE_EVERY_MS) return
      if (isRead) file = progress.file
      said = performance.now()
      console.error(describeProgress(progress))
    },
    stop () {}
  }
}

function print (report: LoadReport, rejectsDir: string): void {
  const { files, loaded, replaced, rejected, seconds } = report
  const rows = [
    ['file', 'loaded', 'replaced', 'rejected'],
    ...files.map((file) => [file.file, String(file.loaded), String(file.replaced), String(file.rejected)]),
    ['total', String(loaded), String(replaced), String(rejected)]
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    console.log(row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))
      .join('  '))
  }
  console.log(`${seconds.toFixed(1)} s`)
  for (const remark of remarks(report)) console.log(remark)
  if (rejected > 0) console.log(`What was rejected, with line and reason, is in ${rejectsDir}`)
}
