import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** What is gathered before it is written. */
const CHUNK = 256 * 1024

/** A CSV file that is written row by row. Whoever writes waits where the disk does. */
export class Csv {
  rows = 0
  #text: string
  readonly #into: NodeJS.WritableStream
  readonly #done: Promise<void>

  constructor (dir: string, name: string, header: string, isPacked: boolean) {
    const file = createWriteStream(join(dir, isPacked ? `${name}.gz` : name))
    const packer = isPacked ? createGzip() : undefined
    packer?.pipe(file)
    packer?.on('error', (error) => file.destroy(error))
    this.#into = packer ?? file
    this.#done = finished(file)
    // Told by write and end, where somebody waits.
    this.#done.catch(() => {})
    this.#text = `${header}\n`
  }

  /** Adds a line of cells that need no quotes. Returns a promise where it is time to wait. */
  add (line: string): Promise<void> | undefined {
    this.rows++
    this.#text += line + '\n'
    return this.#text.length >= CHUNK ? this.#write() : undefined
  }

  async end (): Promise<void> {
    await this.#write()
    this.#into.end()
    await this.#done
  }

  async #write (): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (!this.#into.write(text)) await Promise.race([once(this.#into, 'drain'), this.#done])
  }
}

/** A cell that may hold commas or quotes. */
export const cell = (text: string): string => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const DAY = 86_400_000

/** A moment as `2026-10-31 09:30:00+00:00`. The days are remembered, since there are few. */
export function moment (at: number): string {
  const day = Math.floor(at / DAY)
  let text = days.get(day)
  if (text === undefined) days.set(day, text = new Date(day * DAY).toISOString().slice(0, 10))
  const seconds = Math.floor((at - day * DAY) / 1000)
  const two = (value: number) => value < 10 ? `0${value}` : String(value)
  return `${text} ${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}+00:00`
}
const days = new Map<number, string>()
