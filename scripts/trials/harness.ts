import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { endIfInterrupted } from '../../database/interrupt.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../../test/server.ts'
import { freePort, openOwnServer, STREAMING, type OwnServer } from './own-server.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Of what a gateway says, in characters. */
const LOG_KEPT = 20_000

/** What a trial works with: a database of its own, gateways as processes, and an end to all of it. */
export interface Trial {
  sql: Sql
  /** Where the database is. */
  url: string
  /** The server, where it is the trial's own. */
  server?: OwnServer
  /** Starts gateways on this database, and resolves with their addresses once they are ready. */
  startGateways (count: number, settings: Record<string, string>): Promise<string[]>
  /** Starts one on a port of its own, or on a given one; from another folder, as the project was at another commit. */
  startGateway (settings: Record<string, string>, place?: { port?: number, folder?: string }): Promise<Gateway>
  /** As a test's: run at the end, the last one first. */
  teardown (callback: () => Promise<void> | void): void
}

/** A gateway as a process. */
export interface Gateway {
  address: string
  port: number
  process: ChildProcess
  /** The last of what it said: warnings and errors. */
  output (): string
  stop (): Promise<void>
}

type Ending = () => Promise<void> | void

/** A fresh database of the server that tests use. */
async function openDatabase (endings: Ending[]): Promise<{ url: string, server?: OwnServer }> {
  const server = await findTestServer()
  endings.push(async () => await server.stop())
  const name = `trial_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template ${server.template}`)
  endings.push(async () => {
    await dropDatabase(admin, name)
    await admin.end({ timeout: 5 })
  })
  return { url: databaseUrl(server.url, name) }
}

/** A server of the trial's own, which it may kill. */
async function openOwn (
  endings: Ending[], settings: Record<string, string>
): Promise<{ url: string, server?: OwnServer }> {
  const server = await openOwnServer(settings)
  endings.push(async () => await server.close())
  return { url: server.url, server }
}

/**
 * Runs a trial on a fresh database, of the server that tests use or of its own, and ends everything it started.
 *
 * @param options.isStreaming its own server may have standbys (standby.ts)
 */
export async function runTrial (
  trial: (trial: Trial) => Promise<void>, { hasOwnServer = false, isStreaming = false } = {}
): Promise<void> {
  const endings: Ending[] = []
  try {
    const { url, server } = hasOwnServer || isStreaming
      ? await openOwn(endings, isStreaming ? STREAMING : {})
      : await openDatabase(endings)
    // A gateway loads the demo shop's orders where there are none; this one has nothing to add to the aisles that are
    // there.
    const seedDir = await mkdtemp(join(tmpdir(), 'db-service-trial-'))
    await writeFile(join(seedDir, 'aisles.csv'), 'aisle_id,aisle\n')
    endings.push(async () => await rm(seedDir, { recursive: true }))
    const sql = postgres(url, { max: 4, onnotice: () => {} })
    endings.push(async () => await sql.end({ timeout: 5 }))
    const start: Trial['startGateway'] = async (settings, place) => {
      const gateway = await startGateway({
        DATABASE_URL: url, SEED_DIR: seedDir, DATA_DIR: join(seedDir, 'data'), ...settings
      }, place)
      endings.push(gateway.stop)
      return gateway
    }
    await trial({
      sql,
      url,
      server,
      teardown: (callback) => endings.push(callback),
      startGateway: start,
      startGateways: async (count, settings) => await Promise.all(
        Array.from({ length: count }, async () => (await start(settings)).address)
      )
    })
  } finally {
    for (const end of endings.reverse()) await end()
  }
}

async function startGateway (
  settings: Record<string, string>, { port, folder = ROOT }: Parameters<Trial['startGateway']>[1] = {}
): Promise<Gateway> {
  port ??= await freePort()
  const child = spawn(process.execPath, [join(folder, 'server.ts')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH, NODE_ENV: 'test', LOG_LEVEL: 'warn', DRAIN_SECONDS: '0', PORT: String(port), ...settings
    }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => { output = (output + String(chunk)).slice(-LOG_KEPT) })
  }
  endIfInterrupted(async () => await end(child))
  const address = `http://127.0.0.1:${port}`
  // Three at once on a busy machine.
  const deadline = performance.now() + 120_000
  while (!await isReady(address)) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`a gateway did not start: ${output}`)
    await sleep(50)
  }
  return { address, port, process: child, output: () => output, stop: async () => await end(child) }
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

async function isReady (address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/readyz`)).ok
  } catch {
    return false
  }
}

/** Waits until the condition holds, and says every five seconds how far things are. */
export async function waitFor (
  seconds: number, progress: () => Promise<{ done: boolean, text: string }>
): Promise<void> {
  const began = performance.now()
  let said = began
  for (;;) {
    const { done, text } = await progress()
    if (done) return console.log(text)
    if (performance.now() - began > seconds * 1000) throw new Error(`after ${seconds} s: ${text}`)
    if (performance.now() - said > 5000) {
      said = performance.now()
      console.log(text)
    }
    await sleep(200)
  }
}
