import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { ensureCluster, findPrograms, type Place, type Programs } from './cluster.ts'
import { endOrphans, freePort, isAlive, isPostgresOf, launch, lock, readPostmaster, tail, type Postmaster } from './process.ts'
import { leave, STARTER } from './stop.ts'
import { endIfInterrupted } from '../../database/interrupt.ts'

/** A running PostgreSQL. The handle keeps one connection open, which tells other gateways that the server is in use. */
export interface EmbeddedServer {
  /** `postgres://postgres:…@127.0.0.1:<port>/db_service`, a superuser. */
  url: string
  /** True when the server was running already, so `settings` did not apply. */
  adopted: boolean
  /** Ends the server, unless other clients are connected: then it is theirs. Close your own connections first. */
  stop (): Promise<void>
}

export interface EmbeddedOptions {
  log?: (message: string) => void
  /** Server settings by name, over the defaults below. `fsync: 'off'` also skips the sync of a new data folder. */
  settings?: Record<string, string>
}

type Log = (message: string) => void

const defaults: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '256MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  // Compiling a statement takes longer than most of ours run.
  jit: 'off',
  // No replicas: COPY into a table made or truncated in the same transaction writes no WAL.
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Few checkpoints in a bulk load, yet recovery after a crash stays a matter of seconds.
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // Its log says what went wrong, but not in which row: details and statements hold people, hashes too.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  timezone: 'UTC',
  log_timezone: 'UTC'
}

const orphansSignalledAfter = 1_000
const orphansKilledAfter = 4_000
const startRetriedFor = 10_000

/** What a start works with; `interruption` aborts it at whatever stage. */
interface Start { place: Place, settings: Record<string, string>, log: Log, interruption: AbortSignal }

type Handle = EmbeddedServer & {
  /** As stop, for a process that is interrupted and whose own other connections are still open. */
  abandon (): Promise<void>
}

/**
 * Starts, or adopts, the PostgreSQL 18 kept under `<dataDir>/postgres`, and creates the database `db_service`.
 *
 * A server that outlived its gateway is adopted. One that was killed is started again; it recovers what was committed.
 * Several gateways may share a folder: `<dataDir>/postgres.lock` lets one at a time start or stop the server. The log is
 * `<dataDir>/postgres.log`, the superuser's password `<dataDir>/postgres.password` (mode 0600).
 *
 * An interrupted process (interrupt.ts) lets go of it at once, at whatever stage, and leaves nothing of it running.
 *
 * @param dataDir made when absent; on a local disk, used by one machine or container at a time (pids tell who is alive)
 * @throws Error saying what to do: dev dependencies absent, folder not usable or of another major version, server does not start
 */
export async function startEmbedded (dataDir: string, { log = () => {}, settings = {} }: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const interruption = new AbortController()
  const starting = start(dataDir, { settings, log, interruption: interruption.signal })
  const release = endIfInterrupted(async () => {
    interruption.abort(new Error('interrupted'))
    await (await starting).abandon()
  })
  try {
    const { url, adopted, stop } = await starting
    return { url, adopted, stop: async () => await stop().finally(release) }
  } catch (error) {
    release()
    throw explain(dataDir, error as NodeJS.ErrnoException)
  }
}

async function start (dataDir: string, given: Omit<Start, 'place'>): Promise<Handle> {
  await mkdir(dataDir, { recursive: true })
  const home = await realpath(dataDir)
  const at = (name: string) => join(home, name)
  const place: Place = {
    home,
    folder: at('postgres'),
    logFile: at('postgres.log'),
    lockFile: at('postgres.lock'),
    passwordFile: at('postgres.password')
  }
  const unlock = await lock(place.lockFile, given.interruption)
  try {
    const programs = await findPrograms(place, given.log)
    const password = await ensureCluster(place, programs, given.settings, given.log, given.interruption)
    return await adoptOrStart(programs, password, { ...given, place, settings: { ...defaults, ...given.settings } })
  } finally {
    await unlock()
  }
}

async function adoptOrStart (programs: Programs, password: string, { place, settings, log, interruption }: Start): Promise<Handle> {
  const since = Date.now()
  let fault = ''
  let starting = false
  for (;;) {
    interruption.throwIfAborted()
    const elapsed = Date.now() - since
    let found = await readPostmaster(place.folder)
    if (found !== undefined && found.pid !== 0 && !isAlive(found.pid)) found = undefined
    if (found !== undefined && !await isPostgresOf(found.pid, place.folder)) {
      log(`removing a stale postmaster.pid: process ${found.pid} is not the PostgreSQL of this folder`)
      await rm(join(place.folder, 'postmaster.pid'), { force: true })
      found = undefined
    }
    starting = found !== undefined && !found.ready
    if (found?.ready) {
      const connected = await connect(found, password, place).catch(error => { fault = (error as Error).message })
      if (connected) return await handOut(place, password, found, connected, true, log)
    } else if (found === undefined) {
      const port = await freePort()
      const started = await launch(programs, place.folder, place.logFile, { ...settings, port: String(port) }, interruption)
      if (typeof started !== 'string') {
        try {
          return await handOut(place, password, started, await connect(started, password, place), false, log)
        } catch (error) {
          process.kill(started.pid, 'SIGINT')
          throw error
        }
      }
      fault = `Its log:\n${started}`
      if (/shared memory block .* is still in use/.test(started)) {
        // Backends in the middle of a long computation do not notice that their postmaster was killed.
        if (elapsed > orphansSignalledAfter) await endOrphans(place.folder, elapsed > orphansKilledAfter ? 'SIGKILL' : 'SIGTERM')
      } else if (!/could not bind|could not create any TCP|lock file ".*" already exists/.test(started)) {
        throw new Error(`PostgreSQL did not start. ${fault}`)
      }
    }
    if (Date.now() - since > (starting ? 30 : 1) * startRetriedFor) break
    await sleep(starting ? 20 : 150)
  }
  throw new Error(`PostgreSQL did not start on ${place.folder}. ${fault || `Its log:\n${await tail(place.logFile)}`}\n` +
    `Look for processes called postgres that use this folder (ps -ef), end them and start again; the full log is ${place.logFile}. ` +
    'Or set DATABASE_URL.')
}

/** Connects to a server and makes sure that it is the one of this folder. */
async function connect ({ port }: Postmaster, password: string, place: Place): Promise<postgres.Sql> {
  const sql = postgres({
    host: '127.0.0.1',
    port,
    username: 'postgres',
    password,
    database: 'postgres',
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    fetch_types: false,
    ssl: false,
    onnotice: () => {},
    connection: { application_name: STARTER }
  })
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`
    const [there, here] = await Promise.all([row?.data_directory ?? '', place.folder].map(path => realpath(path).catch(() => path)))
    if (there !== here) throw new Error(`The server on port ${port} serves ${there}, not ${here}`)
    return sql
  } catch (error) {
    await sql.end({ timeout: 0 })
    if ((error as postgres.PostgresError).code !== '28P01') throw error
    throw new Error(`The PostgreSQL of ${place.folder} does not accept the password in ${place.passwordFile}. Restore that file, ` +
      'move both away to start with an empty shop, or set DATABASE_URL.', { cause: error })
  }
}

async function handOut (place: Place, password: string, server: Postmaster, sql: postgres.Sql, adopted: boolean, log: Log): Promise<Handle> {
  try {
    const [existing] = await sql`select 1 from pg_database where datname = 'db_service'`
    if (existing === undefined) await sql`create database db_service encoding 'UTF8'`
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error
  }
  log(`PostgreSQL ${adopted ? 'was running already and is adopted' : 'is ready'}: process ${server.pid}, port ${server.port}`)
  let stopping: Promise<void> | undefined
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${server.port}/db_service`,
    adopted,
    stop: () => (stopping ??= leave(place, server, sql, log)),
    abandon: () => (stopping ??= leave(place, server, sql, log, true))
  }
}

function explain (dataDir: string, error: NodeJS.ErrnoException): Error {
  const what = ({
    EACCES: 'this user may not read or write there',
    EPERM: 'this user may not change it',
    EROFS: 'it is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    ENOTDIR: 'part of its path is a file',
    EEXIST: 'it is a file'
  } as Record<string, string>)[error.code ?? '']
  if (what === undefined) return error
  return new Error(`The data folder ${dataDir} cannot be used: ${what} (${error.message}). ` +
    'Make it usable, choose another with DATA_DIR, or set DATABASE_URL.', { cause: error })
}
