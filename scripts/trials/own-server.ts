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
import { scratchDir } from '../../test/server.ts'

/** A PostgreSQL that a drill may kill, on the same port each time. */
export interface OwnServer {
  /** A migrated database on it, with the small shop of the tests. */
  url: string
  /** As `kill -9` of all its processes: nothing is written, nobody is told. */
  kill (): Promise<void>
  /** Starts it again; resolves when it accepts connections. */
  start (): Promise<void>
  close (): Promise<void>
}

/** Starts one. The machine goes on when it dies, so what is committed survives without waiting for a disk. */
export async function openOwnServer (): Promise<OwnServer> {
  const dir = mkdtempSync(join(scratchDir(), 'db-service-drill-'))
  endIfInterrupted(async () => { process.once('exit', () => rmSync(dir, { recursive: true, force: true })) })
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const settings = { port: String(port), fsync: 'off', full_page_writes: 'off', max_connections: '200' }
  let server = await startEmbedded(dir, { settings })
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  await sql.unsafe(await readFile(join(import.meta.dirname, '../../test/fixture.sql'), 'utf8')).simple()
  await sql.end()
  const folder = join(dir, 'postgres')
  return {
    url: server.url,
    kill: async () => {
      const { pid } = (await readPostmaster(folder))!
      signalTo(pid, 'SIGKILL')
      await endOrphans(folder, 'SIGKILL')
      // Lets go of it; there is nothing to end any more.
      await server.stop()
    },
    start: async () => { server = await startEmbedded(dir, { settings }) },
    close: async () => {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }
}
