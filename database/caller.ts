import { AsyncLocalStorage } from 'node:async_hooks'
import type { Socket } from 'node:net'
import type { Span } from '@opentelemetry/api'

/** A request is answered within 6 s of its last byte; this leaves room for the response itself. */
const ANSWER_WITHIN_MS = 5500

/** What runs the statements of a request that keeps nothing, as a pool does (dry-run.ts). */
export interface Rehearsal {
  readonly isBegun: boolean
  run (
    text: string, parameters: unknown[], conditions: { isRead: boolean, caller?: Caller | undefined }
  ): Promise<Record<string, unknown>[]>
  /** Rolls back; settles when nothing of it is left, locks included. Whatever comes later is refused. */
  end (): Promise<void>
}

/** For whom work is done: until when a response is of use, and whether anybody still waits for it. */
export class Caller {
  readonly #socket: Socket
  /** What runs for it may be cancelled when it hangs up: a read. A write that was sent is left to finish. */
  readonly isReading: boolean
  /** On whose account it waits in queues: the address it comes from (plugins/limits.ts). */
  share = ''
  /** The trace it belongs to (plugins/tracing.ts), as W3C writes it, and its span there where one is made. */
  traceparent: string | undefined
  span: Span | undefined
  /** Where nothing of what it does is to be kept: its statements run there (plugins/dry-runs.ts). */
  dryRun: Rehearsal | undefined
  /** By `performance.now()`. */
  deadline = 0
  /** What it reads is to be as new as this position (positions.ts); undefined: it does not say. */
  token: string | undefined
  /** Whether a statement has been run for it that may have changed something. */
  hasWritten = false
  /** A position after all that it has written (positions.ts); empty: it has not written, or could not be told. */
  position = ''

  constructor (socket: Socket, isReading: boolean) {
    this.#socket = socket
    this.isReading = isReading
    this.begin()
  }

  /** The request is all here: its time begins. */
  begin (): void {
    this.deadline = performance.now() + ANSWER_WITHIN_MS
  }

  get isGone (): boolean { return this.#socket.destroyed }
}

/** The caller whose request is worked on; none for jobs, at the start, and where nobody's time counts. */
export const callers = new AsyncLocalStorage<Caller>()
