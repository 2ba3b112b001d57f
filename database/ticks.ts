/** How often waiting lines and connections are looked after. */
const EVERY_MS = 100

/**
 * Calls `work` again and again, for as long as the process lives or until the returned function is called. Each time
 * after what has arrived was read: a process that stood still for a second must not take its own delay for the
 * database's.
 */
export function everyTick (work: (now: number) => void): () => void {
  const timer = setInterval(() => setImmediate(() => work(performance.now())), EVERY_MS).unref()
  return () => clearInterval(timer)
}
