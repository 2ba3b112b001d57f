import { fork, spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endIfInterrupted, START } from './house.ts'
import { ADMIN_KEY, API_KEY, get, type Sent } from './requests.ts'
import type { Job, Result } from './generator.ts'

/** A gateway that runs: where it listens, and as which process. */
export interface Gateway { url: string, pid: number, stop (): Promise<void> }

const START_MS = 60_000
const ROOT = join(import.meta.dirname, '../..')
const MINIMAL = 'scripts/bench/minimal.ts'

/** The gateway as production runs it: all its plugins, and a log line for each request, which goes to a file. */
export async function startGateway (databaseUrl: string, folder: string): Promise<Gateway> {
  const port = await freePort()
  const log = openSync(join(folder, `gateway-${port}.log`), 'w')
  return await start(`http://127.0.0.1:${port}`, get('/readyz', null), START, ['ignore', log, log], {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    API_KEYS: API_KEY,
    ADMIN_API_KEYS: ADMIN_KEY,
    SECRET_KEY: 'a secret of the benchmark, of 32 characters or more',
    DATA_DIR: folder,
    DRAIN_SECONDS: '0'
  })
}

/** The minimal gateway, with the fixed reference's statements or the best ones known. */
export async function startMinimal (databaseUrl: string, kind: 'reference' | 'best'): Promise<Gateway> {
  const port = await freePort()
  return await start(`http://127.0.0.1:${port}`, get('/livez', null), [MINIMAL, String(port), kind],
    ['ignore', 'ignore', 'inherit'], {
      NODE_ENV: 'production', DATABASE_URL: databaseUrl
    })
}

/** Starts a script of this folder or the gateway; resolves once it answers the request `ready`. */
export async function start (
  url: string, ready: Sent, args: string[], stdio: StdioOptions, env: Record<string, string>
): Promise<Gateway> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio, env: { PATH: process.env.PATH, ...env } })
  endIfInterrupted(async () => await end(child))
  const deadline = performance.now() + START_MS
  while (!await fetch(url + ready.path, ready).then(({ ok }) => ok, () => false)) {
    if (child.exitCode !== null) {
      const log = typeof stdio[1] === 'number' ? '; see its log' : ''
      throw new Error(`${args.join(' ')} ended at its start with ${child.exitCode}${log}`)
    }
    if (performance.now() > deadline) {
      await end(child)
      throw new Error(`${args.join(' ')} was not ready within ${START_MS / 1000} s`)
    }
    await sleep(50)
  }
  return { url, pid: child.pid!, stop: async () => await end(child) }
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** The process that makes the load. */
export interface Generator {
  /** Connects, and says when it can begin; `begin` does, and resolves at the end. */
  prepare (job: Job): Promise<{ begin (): Promise<Result> }>
  stop (): Promise<void>
}

export function startGenerator (): Generator {
  const child = fork(join(import.meta.dirname, 'generator.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  endIfInterrupted(async () => await end(child))
  const ended = once(child, 'exit').then(() => [{ fault: 'it ended' }])
  const ask = async <T>(message: object): Promise<T> => {
    const over = new AbortController()
    const answered = once(child, 'message', { signal: over.signal })
    answered.catch(() => {})
    child.send(message)
    const [answer] = await Promise.race([answered, ended])
    over.abort()
    if (answer.fault !== undefined) throw new Error(`The load generator: ${answer.fault}`)
    return answer
  }
  return {
    prepare: async (job) => {
      await ask({ job })
      return { begin: async () => await ask<Result>({ begin: true }) }
    },
    stop: async () => await end(child)
  }
}
