import { createHash } from 'node:crypto'
import { existsSync, statfsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PgBoss } from 'pg-boss'
import postgres, { type Sql } from 'postgres'
import { startEmbedded } from '../database/embedded.ts'
import { endOnSignals } from '../database/interrupt.ts'
import { migrate } from '../database/migration/index.ts'
import { chosenPrograms, POSTGRES_VERSION } from './postgres-version.ts'

const root = join(import.meta.dirname, '..')

/** Memory where there is room for it: a database of a test's own takes 25 ms there, 300 on a disk. */
export function scratchDir (): string {
  const MEMORY = '/dev/shm'
  const ENOUGH = 2 * 1024 ** 3
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > ENOUGH ? MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** One server for all test files of this checkout; the first to come starts it, the others adopt it. */
const own = createHash('sha256').update(root).digest('hex').slice(0, 8)
const dataDir = join(scratchDir(), `db-service-test-${own}-${POSTGRES_VERSION}`)

/** Where test/run.ts says what the test files of one run of tap share. */
const sharedFile = join(dataDir, 'shared.json')

/** A server for tests and a migrated template database on it, named after the SQL it was made from. */
export interface TestServer {
  url: string
  template: string
  /** The server through a pooler, where TEST_POOLER asks for one (test/run.ts). */
  pooler?: string
  stop (): Promise<void>
}

/**
 * Finds the server that the test files share or, for a file run by itself, starts one. TEST_DATABASE_URL names a server
 * to use instead of the embedded one, as a superuser.
 */
export async function findTestServer (): Promise<TestServer> {
  if (process.env.TAP && existsSync(sharedFile)) {
    return { ...JSON.parse(await readFile(sharedFile, 'utf8')), stop: async () => {} }
  }
  return await startTestServer()
}

/** Starts, or adopts, the server and makes the template where there is none yet. */
export async function startTestServer (): Promise<TestServer> {
  endOnSignals()
  const given = process.env.TEST_DATABASE_URL
  const server = given
    ? { url: given, stop: async () => {} }
    // Nothing of a test outlives it, so nothing needs to reach the disk.
    : await startEmbedded(dataDir, {
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
      programs: chosenPrograms()
    })
  return { url: server.url, template: await makeTemplate(server.url), stop: async () => await server.stop() }
}

/** Drops a database, whoever uses it, and its /query roles, which are the server's and not the database's. */
export async function dropDatabase (admin: Sql, name: string): Promise<void> {
  await admin.unsafe(`drop database if exists ${name} with (force)`)
  // Where the test of the release before has just given all roles rights in its own database, as that release did, they
  // stay.
  await admin.unsafe(`drop role if exists db_service_query_${name}, db_service_legacy_query_${name}`)
    .catch(({ code }) => {
      if (code !== '2BP01') throw new Error(`the roles of ${name} cannot be dropped: ${code}`)
    })
}

/** Takes the server's folder away; not while it runs. */
export async function discard (): Promise<void> {
  await rm(dataDir, { recursive: true, force: true })
}

/** Lets the test files of this run find the server; without one, forgets it. */
export async function share (server: TestServer | null): Promise<void> {
  if (!server) return await rm(sharedFile, { force: true })
  // With a server of somebody else's nothing has made the folder yet.
  await mkdir(dataDir, { recursive: true })
  await writeFile(sharedFile, JSON.stringify({ ...server, stop: undefined }))
}

/** The same server, another database. */
export function databaseUrl (serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function makeTemplate (serverUrl: string): Promise<string> {
  const name = `template_${await fingerprint()}`
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  try {
    await admin`select pg_advisory_lock(7001)`
    const [known] = await admin`select 1 from pg_database where datname = ${name} and datistemplate`
    if (!known) {
      await admin.unsafe(`drop database if exists ${name}`)
      await admin.unsafe(`create database ${name}`)
      await fill(databaseUrl(serverUrl, name))
      await admin.unsafe(`alter database ${name} is_template true`)
    }
  } finally {
    await admin.end()
  }
  return name
}

async function fill (url: string): Promise<void> {
  const sql: Sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await migrate(sql)
    await installJobs(url)
    await sql.unsafe(await readFile(join(import.meta.dirname, 'fixture.sql'), 'utf8')).simple()
    await sql.unsafe('analyze').simple()
  } finally {
    await sql.end()
  }
}

/** So that the gateway of each test need not make pg-boss's tables. */
async function installJobs (url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, max: 1 })
  await boss.start()
  await boss.stop({ graceful: false })
}

async function fingerprint (): Promise<string> {
  const files = (await readdir(join(root, 'sql'), { recursive: true })).filter((file) => /\.sql$|^version$/.test(file))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(await readFile(join(root, 'sql', file)))
  hash.update(await readFile(join(import.meta.dirname, 'fixture.sql')))
  return hash.digest('hex').slice(0, 12)
}
