import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, open, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Programs } from './cluster.ts'

/** What postmaster.pid says. */
export interface Postmaster { pid: number, port: number, ready: boolean }

const patience = 300_000
const largestLog = 10_000_000

/**
 * Starts a program whose processes get 4 GiB of addresses each: a statement that asks for more (the planner knows no bound; 8.8 GB were
 * measured on /query) fails with "out of memory", before the system ends the whole server. Where there is no such limit, as on macOS, none.
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
  if (pid === 0) return false
  const command = commandOf(pid)
  if (!/postgres/.test(command[0] ?? '')) return false
  return command.some(word => word === folder || word.endsWith(`-D ${folder}`) || word.includes(`-D ${folder} `)) ||
    await readlink(`/proc/${pid}/cwd`).catch(() => '') === folder
}

/** Ends the backends that outlived a killed postmaster of this folder. Without /proc (macOS) it finds none. */
export async function endOrphans (folder: string, signal: NodeJS.Signals): Promise<void> {
  const parents = new Map<number, number>()
  for (const pid of (await readdir('/proc').catch(() => [])).map(Number).filter(Boolean)) {
    if (await readlink(`/proc/${pid}/cwd`).catch(() => '') !== folder || !commandOf(pid)[0]?.startsWith('postgres: ')) continue
    parents.set(pid, Number(statOf(pid)[1]))
  }
  for (const [pid, parent] of parents) {
    if (!await isPostgresOf(parent, folder) && isAlive(pid)) process.kill(pid, signal)
  }
}

/**
 * Starts the server in a session of its own, so that Ctrl-C at the gateway does not reach it, and waits until it is ready.
 *
 * @param interruption ends the server again, as far as it has come
 * @returns the server, or the log's last lines when it ended instead
 * @throws Error when interrupted, when the program cannot be started, or is not ready after 5 minutes (it goes on and can be adopted)
 */
export async function launch (
  programs: Programs, folder: string, logFile: string, settings: Record<string, string>, interruption: AbortSignal
): Promise<Postmaster | string> {
  let log = await open(logFile, 'a', 0o600)
  try {
    if ((await log.stat()).size > largestLog) {
      await log.close()
      log = await open(logFile, 'w')
    }
    await programs.own(logFile)
    const from = (await log.stat()).size
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = programs.start('/bin/sh', ['-c', LIMITED, programs.postgres, '-D', folder, ...args], { detached: true, stdio: ['ignore', log.fd, log.fd] })
    const exit: { fault?: Error, done: boolean } = { done: false }
    const end = () => { if (!exit.done && child.pid) signalTo(child.pid, 'SIGINT') }
    child.once('exit', () => { exit.done = true })
    child.once('error', fault => Object.assign(exit, { fault, done: true }))
    interruption.addEventListener('abort', end)
    const deadline = Date.now() + patience
    while (!exit.done) {
      const found = await readPostmaster(folder)
      if (found !== undefined && found.pid === child.pid && found.ready && !interruption.aborted) {
        interruption.removeEventListener('abort', end)
        child.unref()
        return found
      }
      if (Date.now() > deadline) throw new Error(`PostgreSQL is not ready after 5 minutes. Its log:\n${await tail(logFile, from)}`)
      await sleep(10)
    }
    interruption.throwIfAborted()
    if (exit.fault !== undefined) throw exit.fault
    return await tail(logFile, from)
  } finally {
    await log.close()
  }
}

/** The last lines of a log, from byte `from` on. */
export async function tail (file: string, from = 0): Promise<string> {
  const text = await readFile(file).catch(() => Buffer.alloc(0))
  return text.subarray(from).toString('utf8').trimEnd().split('\n').slice(-8).join('\n')
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/**
 * Takes a lock file; waits up to 5 minutes for its holder, and takes it over from one that has died. The holder is named
 * by pid and start time, because a container gives the same pid again.
 *
 * @returns a function that gives the lock back
 */
export async function lock (file: string, interruption?: AbortSignal): Promise<() => Promise<void>> {
  const me = `${process.pid} ${startOf(process.pid)}`
  const deadline = Date.now() + patience
  for (;;) {
    interruption?.throwIfAborted()
    // Written aside and linked, so that nobody ever reads a lock without a name in it.
    const mine = `${file}.${randomUUID()}`
    try {
      await writeFile(mine, me, { mode: 0o600 })
      await link(mine, file)
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      await rm(mine, { force: true })
    }
    const holder = await readFile(file, 'utf8').catch(() => undefined)
    const [pid = '', ...start] = holder?.split(' ') ?? []
    if (holder !== undefined && startOf(Number(pid)) !== start.join(' ')) await takeAway(file, holder)
    else await sleep(30)
    if (Date.now() > deadline) throw new Error(`Process ${pid} holds ${file} since 5 minutes. If it is no gateway, delete that file.`)
  }
}

async function takeAway (file: string, holder: string): Promise<void> {
  const grave = `${file}.${randomUUID()}`
  await rename(file, grave).catch(() => undefined)
  // Between reading and moving, another process may have taken the dead lock over: then it gets its own back.
  if (await readFile(grave, 'utf8').catch(() => holder) !== holder) await link(grave, file).catch(() => undefined)
  await rm(grave, { force: true })
}

function startOf (pid: number): string | undefined {
  return process.platform === 'linux' ? statOf(pid)[19] : ps(pid, 'lstart')
}

/** Fields of /proc/<pid>/stat after the name, which may hold blanks: state, parent, …, start time at 19 (proc(5)). */
function statOf (pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function commandOf (pid: number): string[] {
  if (process.platform !== 'linux') return [ps(pid, 'command') ?? '']
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function ps (pid: number, field: string): string | undefined {
  try {
    return execFileSync('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
