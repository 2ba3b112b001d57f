import { pipeline, Transform, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { Problem, problem } from '../../common/problems.ts'
import type { Context } from '../../plugins/context.ts'
import type { Caller } from '../../database/caller.ts'
import { meaningOf } from '../../database/failures.ts'
import { positionOn } from '../../database/positions.ts'
import { loadStream, type StreamOptions, type StreamReport } from '../../seeds/loader/stream.ts'

/** What can be imported, and what the loader calls it (seeds/loader/files.ts). */
export const IMPORTED = { products: 'products', prices: 'enriched', inventory: 'inventory' } as const satisfies
  Record<string, StreamOptions['kind']>

/** Bytes of CSV, unpacked: some millions of rows. */
export const IMPORT_LIMIT = 256 * 1024 * 1024

/** From the first byte to the commit. */
export const IMPORT_SECONDS = 600

/** A caller who sends nothing for so long is cut off: others cannot import meanwhile. */
const STALLED_MS = 20_000

const CHUNK = 64 * 1024

export interface ImportOptions { isPacked: boolean, dryRun: boolean, isStrict: boolean }

/**
 * Imports CSV as it comes in, on connections of its own. One at a time for each gateway, and by the loader's lock for
 * each database.
 */
export function importer ({ database }: FastifyInstance) {
  let isBusy = false

  /**
   * @param body read to its end, unless it is refused before
   * @param from is told the position after it, for `Consistency-Token`
   * @returns the counts and the first rejects; rejects as loadStream, and with BODY_TOO_LARGE, CALLER_GONE
   */
  return async (
    what: keyof typeof IMPORTED, body: Readable, { isPacked, ...options }: ImportOptions, context: Context, from: Caller
  ): Promise<StreamReport> => {
    if (isBusy) throw problem('IMPORT_RUNNING')
    isBusy = true
    const deadline = performance.now() + 1000 * IMPORT_SECONDS
    const received = receive(body, deadline)
    try {
      // A fault of the one ends the other, too.
      const csv = isPacked ? pipeline(received, createGunzip({ chunkSize: CHUNK }), () => {}) : received
      // One that comes before anybody reads is found then, too.
      csv.on('error', () => {})
      return await database.asAdmin(async (sql) => {
        const report = await loadStream(sql, {
          ...options,
          kind: IMPORTED[what],
          chunks: atMost(IMPORT_LIMIT, csv),
          context: JSON.stringify(context),
          deadline
        })
        if (!options.dryRun) from.position = await positionOn(sql)
        return report
      })
    } catch (error) {
      throw explain(error)
    } finally {
      received.destroy()
      isBusy = false
    }
  }
}

/**
 * What comes in of a body. Where that is not wanted any more, the body is left as it is: its caller gets a response,
 * and the rest is read and dropped (plugins/sockets.ts). Who sends nothing, or not all until the deadline, is cut off.
 */
function receive (body: Readable, deadline: number): Transform {
  const received = new Transform({
    transform (chunk, _encoding, done) {
      timer.refresh()
      if (performance.now() > deadline) body.destroy()
      done(null, chunk)
    }
  })
  // Paused: it is the database that takes nothing.
  const timer = setTimeout(() => body.isPaused() ? timer.refresh() : body.destroy(), STALLED_MS)
  const breakOff = () => { if (!body.readableEnded) received.destroy(problem('CALLER_GONE')) }
  body.once('close', breakOff)
  received.once('close', () => {
    clearTimeout(timer)
    body.off('close', breakOff)
  })
  return body.pipe(received)
}

async function * atMost (limit: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) throw problem('BODY_TOO_LARGE')
    yield chunk
  }
}

/** The listed error that a failed import is caused by. */
function explain (error: unknown): unknown {
  let cause = error as { message: string, code?: string, cause?: unknown } | undefined
  for (; cause; cause = cause.cause as typeof cause) {
    if (cause instanceof Problem) return cause
    // At the same moment somebody has given a SKU to another product: next time its row is a reject.
    const code = cause.code === '23505' ? 'ROW_LOCKED' : meaningOf(cause.code ?? '')
    if (code) return Object.assign(problem(code), { cause: cause.message })
  }
  return error
}
