import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

// Seconds of processor time, as Linux counts them; where there is no /proc, nothing is known.

/** Linux shows times in hundredths of a second to everybody, whatever its own clock. */
const TICKS = 100

const fields = (file: string): string[] => {
  const text = readFileSync(file, 'utf8')
  // The second field is the program's name, which may hold spaces and brackets.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** What a process has used: all its threads, to the nanosecond where the kernel keeps that. */
export function ofProcess (pid: number): number | null {
  try {
    let nanoseconds = 0
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    }
    if (nanoseconds > 0) return nanoseconds / 1e9
    const stat = fields(`/proc/${pid}/stat`)
    return (Number(stat[11]) + Number(stat[12])) / TICKS
  } catch {
    return null
  }
}

/** The postmaster of a backend, where that runs on this machine. */
export function postmasterOf (backend: number): number | null {
  try {
    const name = readFileSync(`/proc/${backend}/comm`, 'utf8').trim()
    return name === 'postgres' ? Number(fields(`/proc/${backend}/stat`)[1]) : null
  } catch {
    return null
  }
}

/** What a PostgreSQL server has used: its processes now, and those that have ended. */
export function ofServer (postmaster: number | null): number | null {
  if (postmaster === null) return null
  const own = fields(`/proc/${postmaster}/stat`)
  const ended = (Number(own[13]) + Number(own[14])) / TICKS
  return childrenOf(postmaster).reduce((sum, pid) => sum + (ofProcess(pid) ?? 0), ended + (ofProcess(postmaster) ?? 0))
}

function childrenOf (parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return Number(fields(`/proc/${pid}/stat`)[1]) === parent
    } catch {
      return false
    }
  })
}

/** What everything on the machine has used. */
export function ofMachine (): number | null {
  try {
    const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim()
      .split(/\s+/).slice(1).map(Number)
    return (user! + nice! + system! + irq! + softirq!) / TICKS
  } catch {
    return null
  }
}

export const PROCESSORS = availableParallelism()
