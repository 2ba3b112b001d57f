import { execFileSync } from 'node:child_process'
import { open, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Place, Programs } from './programs.ts'

/** What postmaster.pid says. */
export interface Postmaster { pid: number, port: number, ready: boolean }

const LAUNCH_MS = 300_000
const STOP_MS = 60_000
const HALF_WRITTEN_MS = 200
const LARGEST_LOG = 10_000_000

/**
 * Starts a program whose processes get 4 GiB of addresses each: a statement that asks for more (the planner knows no
 * bound; 8.8 GB were measured on /query) fails with "out of memory", before the system ends the whole server. Where
 * there is no such limit, as on macOS, none.
 */
const LIMITED = 'ulimit -v 4194304 2>/dev/null; exec "$0" "$@"'

/** Reads `<folder>/postmaster.pid`: undefined when there is none, pid 0 when it is damaged. */
export async function readPostmaster (folder: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
    return { pid: Math.abs(parseInt(lines[0] ?? '')) || 0, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The living server of a folder. A postmaster.pid that would keep PostgreSQL from starting, because it is damaged or
 * names a living process of another kind, is removed.
 */
export async function findPostmaster (folder: string, log: (message: string) => void): Promise<Postmaster | undefined> {
  let found = await readPostmaster(folder)
  if (found?.pid === 0) {
    // Or only just made, and not yet written to.
    await sleep(HALF_WRITTEN_MS)
    found = await readPostmaster(folder)
  }
  if (found === undefined || await isPostgresOf(found.pid, folder)) return found
  if (found.pid === 0 || isAlive(found.pid)) {
    log(`removing a stale postmaster.pid: process ${found.pid} is not the PostgreSQL of this folder`)
    await rm(join(folder, 'postmaster.pid'), { force: true })
  }
}

/** Whether a process lives, be it ours or not. A zombie counts as living. */
export function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Signals a process, or with a negative pid its group; one that is gone meanwhile is as it should be. */
export function signalTo (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether a living process is the PostgreSQL of this very folder, wherever the folder stood when it was started. */
export async function isPostgresOf (pid: number, folder: string): Promise<boolean> {
  const command = await commandOf(pid)
  if (!/postgres/.test(command[0] ?? '')) return false
  return `${command.join(' ')} `.includes(` -D ${folder} `) ||
    await readlink(`/proc/${pid}/cwd`).catch(() => '') === folder
}

/** Ends the backends that outlived a killed postmaster of this folder. Without /proc (macOS) it finds none. */
export async function endOrphans (folder: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of (await readdir('/proc').catch(() => [])).map(Number).filter(Boolean)) {
    if (await readlink(`/proc/${pid}/cwd`).catch(() => '') !== folder ||
      !(await commandOf(pid))[0]?.startsWith('postgres: ')) {
      continue
    }
    // The name, in parentheses, may hold blanks; then come the state and the parent (proc(5)).
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (!await isPostgresOf(parent, folder)) signalTo(pid, signal)
  }
}

/**
 * Starts the server in a session of its own, so that Ctrl-C at the gateway does not reach it, and waits until it is
 * ready.
 *
 * @param signal ends a server that is not ready yet; one that is may be in use by another process already
 * @returns the server, or the log's last lines when it ended instead
 * @throws Error when interrupted, when the program cannot be started, or is not ready after 5 minutes (it goes on and
 * can be adopted)
 */
export async function launch (
  programs: Programs, { folder, logFile }: Place, settings: Record<string, string>, signal: AbortSignal
): Promise<Postmaster | string> {
  let log = await open(logFile, 'a', 0o600)
  try {
    if ((await log.stat()).size > LARGEST_LOG) {
      await log.close()
      log = await open(logFile, 'w')
    }
    await programs.own(logFile)
    const from = (await log.stat()).size
    const args = Object.entries({ port: String(await freePort()), ...settings })
      .flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = programs.start('/bin/sh', ['-c', LIMITED, programs.postgres, '-D', folder, ...args], {
      detached: true, stdio: ['ignore', log.fd, log.fd]
    })
    const exit: { fault?: Error, done: boolean } = { done: false }
    child.once('exit', () => { exit.done = true })
    child.once('error', fault => Object.assign(exit, { fault, done: true }))
    const deadline = Date.now() + LAUNCH_MS
    let isEnding = false
    while (!exit.done) {
      const found = await readPostmaster(folder)
      if (found !== undefined && found.pid === child.pid && found.ready && !isEnding) {
        child.unref()
        return found
      }
      if (signal.aborted && !isEnding && child.pid) {
        signalTo(child.pid, 'SIGINT')
        isEnding = true
      }
      if (Date.now() > deadline) {
        throw new Error(`PostgreSQL is not ready after 5 minutes. Its log:\n${await tail(logFile, from)}`)
      }
      await sleep(10)
    }
    signal.throwIfAborted()
    if (exit.fault !== undefined) throw exit.fault
    return await tail(logFile, from)
  } finally {
    await log.close()
  }
}

/** Ends the server as `pg_ctl stop -m fast` does, without its steps of 100 ms, if it is the folder's still. */
export async function shutDown (folder: string, pid: number, log: (message: string) => void): Promise<void> {
  const found = await readPostmaster(folder)
  if (found?.pid !== pid || !await isPostgresOf(pid, folder)) return
  signalTo(pid, 'SIGINT')
  const deadline = Date.now() + STOP_MS
  while (await isPostgresOf(pid, folder)) {
    if (Date.now() > deadline) return log(`PostgreSQL, process ${pid}, is still stopping after a minute`)
    await sleep(10)
  }
}

/** The last lines of a log, from byte `from` on. */
export async function tail (file: string, from = 0): Promise<string> {
  const text = await readFile(file).catch(() => Buffer.alloc(0))
  return text.subarray(from).toString('utf8').trimEnd().split('\n').slice(-8).join('\n')
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A process's command line, empty where there is none. On macOS a single text. */
async function commandOf (pid: number): Promise<string[]> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').slice(0, -1)
  }
  try {
    return [execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()]
  } catch {
    return []
  }
}
