import type { Sql } from 'postgres'
import { v5 } from 'uuid'
import type { CsvFile, Kind } from './files.ts'
import type { FileReport, LoadOptions } from './index.ts'
import { removeReports, writeReport } from './rejects.ts'
import { stage, type Staged } from './stage.ts'
import { StagingTable } from './staging-table.ts'

/** The files of one load: reads them, and afterwards says what became of their rows. */
export class FileLoad {
  readonly #sql: Sql
  readonly #options: LoadOptions
  readonly #namespace: Buffer
  readonly #total: number
  #bytes = 0
  readonly #staged = new Map<CsvFile, Staged>()

  /** @param files all that will be read, for the progress */
  constructor (sql: Sql, options: LoadOptions, files: CsvFile[]) {
    this.#sql = sql
    this.#options = options
    // As bytes, because the package takes no namespace whose version it does not know.
    this.#namespace = Buffer.from(options.userUuidNamespace.replaceAll('-', ''), 'hex')
    this.#total = files.reduce((total, file) => total + file.size, 0)
  }

  /**
   * Copies the files of a kind into its staging table, which is created here even where there is no file. Reports of earlier loads
   * go at once: whatever becomes of this one, they do not tell of it.
   */
  async read (kind: Kind, files: CsvFile[]): Promise<void> {
    if (files.length > 0) await removeReports(this.#options.rejectsDir, kind)
    const table = new StagingTable(this.#sql, kind)
    await table.create()
    const derive = (id: string) => kind === 'users' ? [v5(id, this.#namespace)] : []
    try {
      for (const file of files) this.#staged.set(file, await stage(table, kind, file, derive, (bytes) => this.#tell(file, bytes)))
    } finally {
      await table.end()
    }
    const last = files.at(-1)
    if (last !== undefined) this.#options.onProgress?.({ file: last.name, bytes: this.#bytes, total: this.#total, phase: 'check' })
  }

  /** Counts the rows of a kind's files, and writes their reject reports. */
  async report (kind: Kind, files: CsvFile[]): Promise<FileReport[]> {
    const loaded = await this.#countByFile(
      `select file, count(*)::integer as rows from chosen_${kind} where not known group by file`)
    const rejected = await this.#countByFile('select file, count(*)::integer as rows from loader_rejects group by file')
    const reports: FileReport[] = []
    for (const file of files) {
      const { rows, unreadColumns, refused } = this.#staged.get(file)!
      const counts = { loaded: loaded.get(file.number) ?? 0, rejected: rejected.get(file.number) ?? 0 }
      const replaced = rows - counts.loaded - counts.rejected
      const report: FileReport = { file: file.name, ...counts, replaced, unreadColumns, ...refused !== undefined && { refused } }
      if (report.rejected > 0) report.rejects = await writeReport(this.#sql, file, this.#options.rejectsDir)
      reports.push(report)
    }
    return reports
  }

  async #countByFile (statement: string): Promise<Map<number, number>> {
    const counts = await this.#sql.unsafe<{ file: number, rows: number }[]>(statement)
    return new Map(counts.map(({ file, rows }) => [file, rows]))
  }

  #tell (file: CsvFile, bytes: number): void {
    this.#bytes += bytes
    this.#options.onProgress?.({ file: file.name, bytes: this.#bytes, total: this.#total, phase: 'read' })
  }
}
