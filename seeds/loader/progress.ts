import type { CsvFile, Kind } from './files.ts'

/** How far a load is. Told as bytes are read, as each step of checking and writing begins, and every few seconds. */
export interface Progress {
  /** The file that is read, or the last one of those that are checked and written. */
  file: string
  /** Read so far, of the `total` of all files. */
  bytes: number
  total: number
  phase: 'read' | 'check'
  /** What is done now: `reading`, or a statement of sql/loader. */
  step: string
  /** Read so far, and how many that is for each second since the beginning. */
  rows: number
  rowsPerSecond: number
  /** Of all the work, from 0 to 1. */
  part: number
  /** At the pace so far; undefined while that says nothing yet. */
  secondsLeft: number | undefined
}

/**
 * How long the rows of a file take to be checked and written, beside reading it. Seen at 300,000 orders with 3 million
 * items: orders, items and history together 8 times, users and products twice.
 */
const SETTLING: Record<'orders' | 'others', number> = { orders: 8, others: 2 }

/** The part of checking and writing that each step takes, in percent, in the same load. Others take next to none. */
const SHARES: Record<string, number> = {
  'choose-orders': 4,
  'reject-items': 5,
  'choose-items': 8,
  'reject-history': 3,
  'choose-history': 5,
  'insert-orders': 17,
  'insert-items': 20,
  'insert-history': 10,
  'number-orders': 2,
  'settle-all': 14,
  indexes: 12
}

/** With less of the work done, the pace says nothing about the rest. */
const TELLING = 0.01

/** Knows how far a load is, from what has been read and which steps are done. */
export class Meter {
  readonly #began = performance.now()
  readonly #onProgress: (progress: Progress) => void
  readonly #total: number
  readonly #work: number
  #bytes = 0
  #rows = 0
  /** Work done, in bytes read; without the unit that is being settled. */
  #done = 0
  /** What settling the unit under way will have been, and how much of it is over, in percent. */
  #unit = 0
  #over = 0
  #share = 0
  #file = ''
  #last: Progress | undefined
  #toldAt = 0

  /** @param units the files to be read, of each unit */
  constructor (units: { kinds: Kind[], files: CsvFile[] }[], onProgress: (progress: Progress) => void) {
    this.#onProgress = onProgress
    this.#total = units.reduce((sum, { files }) => sum + sizeOf(files), 0)
    this.#work = units.reduce((sum, { kinds, files }) => sum + sizeOf(files) * (1 + settlingOf(kinds)), 0)
  }

  read (file: CsvFile, bytes: number, rows: number): void {
    this.#file = file.name
    this.#bytes += bytes
    this.#done += bytes
    this.#rows += rows
    this.#tell('read', 'reading')
  }

  /** All files of a kind have been read. */
  endOfKind (): void {
    this.#tell('check', 'reading')
  }

  /** Begins to settle a unit whose files have been read. */
  beginUnit (kinds: Kind[], files: CsvFile[]): void {
    this.#unit = sizeOf(files) * settlingOf(kinds)
  }

  step (name: string): void {
    this.#over += this.#share
    this.#share = SHARES[name] ?? 0
    this.#tell('check', name)
  }

  endUnit (): void {
    this.#done += this.#unit
    this.#unit = this.#over = this.#share = 0
  }

  /** Tells what was told last, as of now: a statement may take minutes. */
  repeat (): void {
    if (this.#last === undefined) return
    const { rows, secondsLeft } = this.#last
    const left = secondsLeft === undefined ? undefined : Math.max(0, secondsLeft - this.#seconds() + this.#toldAt)
    this.#onProgress({ ...this.#last, rowsPerSecond: this.#pace(rows), secondsLeft: left })
  }

  #tell (phase: Progress['phase'], step: string): void {
    const seconds = this.#seconds()
    const part = this.#work === 0 ? 1 : (this.#done + this.#unit * this.#over / 100) / this.#work
    this.#toldAt = seconds
    this.#last = {
      file: this.#file,
      bytes: this.#bytes,
      total: this.#total,
      phase,
      step,
      rows: this.#rows,
      rowsPerSecond: this.#pace(this.#rows),
      part,
      secondsLeft: part < TELLING ? undefined : seconds * (1 - part) / part
    }
    this.#onProgress(this.#last)
  }

  #seconds (): number {
    return (performance.now() - this.#began) / 1000
  }

  #pace (rows: number): number {
    return Math.round(rows / Math.max(this.#seconds(), 0.001))
  }
}

/** What a person reads of it: how much is done, what is done now, how fast, and how long it will take. */
export function describeProgress ({ file, step, rows, rowsPerSecond, part, secondsLeft }: Progress): string {
  const left = secondsLeft === undefined ? '' : `, about ${describeSeconds(secondsLeft)} left`
  const doing = step === 'reading' ? `reading ${file}` : step
  return `${Math.floor(100 * part)} % done, ${doing}: ${rows} rows read, ${rowsPerSecond} a second${left}`
}

const describeSeconds = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`

const sizeOf = (files: CsvFile[]): number => files.reduce((sum, { size }) => sum + size, 0)

const settlingOf = (kinds: Kind[]): number => kinds.includes('orders') ? SETTLING.orders : SETTLING.others
