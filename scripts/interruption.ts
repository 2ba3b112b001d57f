import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A command was told to end. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor (signal: typeof SIGNALS[number]) {
    super(`${signal}: interrupted`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

/**
 * From now on the signals that end a process let it clean up first: race the work with this promise, which rejects with Interrupted, and
 * undo in `finally` what was started. Signals that follow change nothing: npm passes on what its child has had already.
 */
export function interruption (): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  for (const signal of SIGNALS) process.on(signal, () => reject(new Interrupted(signal)))
  // Whoever races with it later hears of it then.
  promise.catch(() => {})
  return promise
}

/** Rejects if the signal has come by now. */
export async function checkpoint (interrupted: Promise<never>): Promise<void> {
  await Promise.race([interrupted, Promise.resolve()])
}
