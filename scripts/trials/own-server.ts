import { readFile, rm } from 'node:fs/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbedded } from '../../database/embedded.ts'
import { endIfInterrupted } from '../../database/interrupt.ts'
import { migrate } from '../../database/migration/index.ts'
import { endOrphans, readPostmaster, signalTo } from '../../packages/embedded-server/postmaster.ts'
import { chosenPrograms } from '../../test/postgres-version.ts'
import { scratchDir } from '../../test/server.ts'

/** A PostgreSQL that a drill may kill, on the same port each time. */
export interface OwnServer {
  /** Its data is in the folder `postgres` of this one. */
  dir: string
  settings: Record<string, string>
  /** A migrated database on it, with the small shop of the tests. */
  url: string
  /** As `kill -9` of all its processes: nothing is written, nobody is told. */
  kill (): Promise<void>
  /** Starts it again; resolves when it accepts connections. */
  start (): Promise<void>
  close (): Promise<void>
}

/** What a primary of streaming standbys has over the embedded server's own settings. */
export const STREAMING = { wal_level: 'replica', max_wal_senders: '10', wal_keep_size: '512MB' }

/** Starts one. The machine goes on when it dies, so what is committed survives without waiting for a disk. */
export async function openOwnServer (over: Record<string, string> = {}): Promise<OwnServer> {
  const dir = mkdtempSync(join(scratchDir(), 'db-service-drill-'))
  endIfInterrupted(async () => { process.once('exit', () => rmSync(dir, { recursive: true, force: true })) })
  const settings = {
    port: String(await freePort()), fsync: 'off', full_page_writes: 'off', max_connections: '200', ...over
  }
  const programs = chosenPrograms()
  let server = await startEmbedded(dir, { settings, programs })
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  await sql.unsafe(await readFile(join(import.meta.dirname, '../../test/fixture.sql'), 'utf8')).simple()
  await sql.end()
  return {
    dir,
    settings,
    url: server.url,
    kill: async () => {
      await killServer(dir)
      // Lets go of it; there is nothing to end any more.
      await server.stop()
    },
    start: async () => { server = await startEmbedded(dir, { settings, programs }) },
    close: async () => {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }
}

/** As `kill -9` of all processes of the server whose data is in the folder `postgres` of this one. */
export async function killServer (dir: string): Promise<void> {
  const folder = join(dir, 'postgres')
  const found = await readPostmaster(folder)
  if (!found) return
  signalTo(found.pid, 'SIGKILL')
  await endOrphans(folder, 'SIGKILL')
}

/** A port that nobody listens on at this moment. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
