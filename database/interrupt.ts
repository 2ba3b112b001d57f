import { constants } from 'node:os'

/** Ctrl-C, an orderly end, a closed terminal. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal to the process group comes twice: npm hands it on to its child, which has it already. */
export const SAME_SIGNAL_MS = 500

/** What must not outlive this process, such as an embedded PostgreSQL. */
const held = new Set<() => Promise<unknown>>()
let isEnding = false
let isListening = false

/** Has `end` called when the process is interrupted, at whatever moment. Returns a function that takes this back. */
export function endIfInterrupted (end: () => Promise<unknown>): () => void {
  held.add(end)
  return () => { held.delete(end) }
}

/** Whether the process is about to end: what fails from now on, fails because of that. */
export const isInterrupted = () => isEnding

/** Ends everything that must not outlive the process; never rejects. */
export async function endHeld (): Promise<void> {
  isEnding = true
  await Promise.allSettled([...held].map(async (end) => await end()))
}

/**
 * For scripts and tests: a signal ends the process, and what it has started. A second Ctrl-C of somebody in a hurry
 * ends it at once.
 */
export function endOnSignals (): void {
  if (isListening) return
  isListening = true
  let since: number | undefined
  for (const signal of SIGNALS) {
    process.on(signal, async () => {
      const code = 128 + constants.signals[signal]
      if (since !== undefined && performance.now() - since < SAME_SIGNAL_MS) return
      if (since !== undefined) process.exit(code)
      since = performance.now()
      // What is under way breaks off now, some of it with nobody waiting for it.
      process.on('uncaughtException', () => {})
      await endHeld()
      process.exit(code)
    })
  }
}
