import { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { Gate } from '../../database/gate.ts'
import { oneOf } from '../../schemas.ts'

/** A caller who takes nothing for so long is cut off: it holds the place of another export. */
const STALLED_MS = 60_000

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' }

type Value = string | number | boolean | null

/** What an export writes for each row: values by the names of its columns, or JSON text of its own. */
export type ExportRow = Record<string, Value> | string

/** The query of every export, besides the list's filters. */
export const ExportForm = {
  format: oneOf(['csv', 'ndjson'] as const, {
    default: 'csv', description: 'CSV with a header (RFC 4180), or a JSON object a line'
  }),
  bom: Type.Boolean({
    default: false, description: 'begin CSV with a byte order mark: Excel then takes it for the UTF-8 it is'
  })
}

/** The 200 of an export. `csv` and `ndjson`: the first lines of each. */
export const exported = (csv: string, ndjson: object) => Type.Unsafe<string>({
  description: 'every match, as it is read; where it breaks off, the connection does',
  headers: { 'Content-Disposition': {} },
  content: {
    'text/csv': { schema: { type: 'string' }, example: csv },
    'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(ndjson)}\n` }
  }
})

/**
 * Sends every batch as soon as the caller has taken the one before. The first one is read before anything is sent, so
 * that what is wrong with the request or the database is a status; what fails later ends the connection, and never
 * looks like the end of the export.
 *
 * @param name of the file, without its ending
 * @param columns what a row of CSV has, in this order
 */
export async function sendExport (
  reply: FastifyReply, gate: Gate, { format, bom }: { format: 'csv' | 'ndjson', bom: boolean }, name: string,
  columns: readonly string[], batches: AsyncGenerator<ExportRow[]>
): Promise<FastifyReply> {
  const leave = await enter(gate)
  try {
    const first = await batches.next()
    const write = format === 'csv' ? (row: ExportRow) => csvLine(columns, row) : jsonLine
    const head = format === 'csv' ? `${bom ? '\ufeff' : ''}${columns.join(',')}\r\n` : ''
    const cut = () => reply.raw.destroy()
    const stream = Readable.from(textOf(head, first.value ?? [], batches, write, cut), { objectMode: false })
    stream.once('close', leave)
    const file = `${name}-${new Date().toISOString().slice(0, 10)}.${format}`
    return await reply.type(TYPES[format])
      .header('content-disposition', `attachment; filename="${file}"`)
      .header('x-content-type-options', 'nosniff')
      .send(stream)
  } catch (error) {
    leave()
    throw error
  }
}

async function * textOf (
  head: string, first: ExportRow[], batches: AsyncGenerator<ExportRow[]>, write: (row: ExportRow) => string,
  cut: () => void
) {
  let rows: ExportRow[] | undefined = first
  for (let before = head; rows !== undefined; before = '') {
    // Until the caller has taken it, and the next is asked for.
    const timer = setTimeout(cut, STALLED_MS).unref()
    try {
      yield before + rows.map(write).join('')
    } finally {
      clearTimeout(timer)
    }
    rows = (await batches.next()).value
  }
}

/** Takes a place of the gate; what it resolves with gives it back. */
async function enter (gate: Gate): Promise<() => void> {
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>()
  return await new Promise((resolve, reject) => {
    gate.run(async () => {
      resolve(leave)
      await gone
    }).catch(reject)
  })
}

const jsonLine = (row: ExportRow) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`

const csvLine = (columns: readonly string[], row: ExportRow) =>
  `${columns.map((name) => csvField((row as Record<string, Value>)[name]!)).join(',')}\r\n`

/**
 * A field of CSV. Text that a spreadsheet would run as a formula begins with an apostrophe (OWASP, CSV injection): what
 * customers call themselves is opened by the back office.
 */
export function csvField (value: Value): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const text = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}
