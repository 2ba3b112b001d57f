import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Any other process that wants the processor gets it first (nice(2), from -20 to 19). */
const LOWEST = 19

/**
 * Lets a backend have what the others leave of the processor, where it runs on this machine, as the embedded PostgreSQL
 * does. On a server elsewhere, on anything but Linux, and where this process may not, nothing happens.
 *
 * Linux shares the processor between sessions before it looks at `nice`, and each backend is a session of its own
 * (sched(7), "The autogroup feature"); inside a container `nice` alone counts. So it takes both.
 *
 * @param pid the backend's, as the server tells it
 * @param port our end of its connection: it stands in the backend's title, so that no other process of this number is
 * meant
 */
export function lowerPriority (pid: number, port: number): void {
  try {
    const title = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
    if (!title.startsWith('postgres: ') || !title.includes(`(${port})`)) return
    setPriority(pid, LOWEST)
    writeFileSync(`/proc/${pid}/autogroup`, String(LOWEST))
  } catch {
    // Not here, or not ours to slow down.
  }
}
