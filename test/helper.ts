import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import postgres, { type Sql } from 'postgres'
import type { Test } from 'tap'
import gateway from '../app.ts'
import { serverOptions } from '../options.ts'
import { loadConfig, type Config } from '../plugins/settings.ts'
import { setLimits } from './bouncer.ts'
import { hashCheaply } from './hashing.ts'
import { checkAnswer } from './openapi.ts'
import { databaseUrl, dropDatabase, findTestServer } from './server.ts'
import { keepShop, noteShop, takeShop } from './shelf.ts'

// A test file run by itself gets 30 s from tap, which is little on a busy machine; within a run .taprc says how long.
if (!process.env.TAP && process.argv[1]?.endsWith('.test.ts')) (await import('tap')).default.setTimeout(600_000)

hashCheaply()

/** The fixture's users (test/fixture.sql), by number. Their password is `password`. */
export const userId = (n: number) => `00000000-0000-4000-8000-00000000000${n}`

/** A well-formed id that nobody has. */
export const NOBODY = 'ffffffff-ffff-4fff-8fff-ffffffffffff'

/**
 * A clone of the migrated template with the fixture's shop, of this test's own. Dropped afterwards; kept, and named, on
 * failure.
 */
export async function freshDatabase (t: Test): Promise<string> {
  const { url, drop } = await makeDatabase()
  t.teardown(async () => {
    if (t.passing()) await drop()
    else t.comment(`the database of this test is kept: ${url}`)
  })
  return url
}

async function makeDatabase (): Promise<{ url: string, drop (): Promise<void> }> {
  const server = await findTestServer()
  const name = `test_${randomBytes(6).toString('hex')}`
  const asAdmin = async (work: (admin: Sql) => Promise<unknown>) => {
    const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, fetch_types: false, onnotice: () => {} })
    await work(admin).finally(async () => await admin.end({ timeout: 5 }))
  }
  await asAdmin(async (admin) => {
    await admin.unsafe(`create database ${name} template ${server.template} strategy file_copy`)
  })
  if (server.pooler !== undefined) await setLimits(databaseUrl(server.url, name))
  return {
    url: databaseUrl(server.url, name),
    drop: async () => {
      await asAdmin(async (admin) => await dropDatabase(admin, name))
      await server.stop()
    }
  }
}

/** Drops a role a test made. Gateways of other tests give it rights in their databases, which come and go meanwhile. */
export async function dropRole (url: string, role: string): Promise<void> {
  const admin = postgres(databaseUrl(url, 'postgres'), { max: 1, onnotice: () => {} })
  for (let attempt = 1; attempt <= 5; attempt++) {
    const databases = await admin<{ name: string }[]>`
      select distinct d.datname as name from pg_shdepend s join pg_database d on d.oid = s.dbid
      where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = ${role})`
    for (const { name } of databases) {
      const sql = postgres(databaseUrl(url, name), { max: 1, onnotice: () => {} })
      await sql.unsafe(`drop owned by ${role} cascade`).catch(() => {})
      await sql.end({ timeout: 1 })
    }
    const isGone = await admin.unsafe(`drop role if exists ${role}`).then(() => true, () => false)
    if (isGone) break
  }
  await admin.end({ timeout: 5 })
}

/** What a test does with the shop. */
export interface Shop {
  app: FastifyInstance
  /** The shop's database, for looking behind the API. */
  sql: Sql
  url: string
  /** Sends a request; the answer is checked against the OpenAPI document. `json` is its body. */
  call (method: InjectOptions['method'], url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer { status: number, json: any, headers: Record<string, string>, text: string }

type Settings = Partial<Record<keyof Config, string>>

/**
 * The whole gateway with the production server options on a database with the fixture's shop. A test before may have
 * used it (shelf.ts).
 */
export async function openShop (t: Test, settings: Settings = {}): Promise<Shop> {
  // Neither somebody else's database nor a folder of files is put back.
  if (settings.DATABASE_URL || settings.DATA_DIR || settings.NODE_ENV) return await openOwnShop(t, settings)
  const key = JSON.stringify(settings)
  const shop = await takeShop(key) ?? await startOnNew(settings)
  t.teardown(async () => {
    if (!t.passing()) {
      t.comment(`the database of this test is kept: ${shop.url}`)
      await shop.close()
    } else if (!await keepShop(key, shop)) await shop.end()
  })
  return shopOf(shop)
}

/**
 * As openShop, started for this test alone: for what a gateway does at its start, remembers or measures. Its log goes
 * to `stream`, where there is one.
 */
export async function openOwnShop (t: Test, settings: Settings = {}, stream?: Writable): Promise<Shop> {
  const url = settings.DATABASE_URL ?? await freshDatabase(t)
  const shop = await start(url, { DATA_DIR: t.testdirName, ...settings }, stream)
  t.teardown(shop.close)
  return shopOf(shop)
}

async function startOnNew (settings: Settings) {
  const { url, drop } = await makeDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'db-service-test-'))
  const shop = await start(url, { DATA_DIR: folder, ...settings })
  const kept = {
    ...shop,
    end: async () => {
      await shop.close()
      await drop()
      await rm(folder, { recursive: true, force: true })
    }
  }
  await noteShop(kept)
  return kept
}

/** What lets a gateway reach a database through the pooler, where TEST_POOLER asks for one. */
async function throughPooler (url: string): Promise<Settings> {
  const { pooler } = await findTestServer()
  if (pooler === undefined) return {}
  return { DATABASE_URL: databaseUrl(pooler, new URL(url).pathname.slice(1)), DATABASE_PREPARE: 'false' }
}

async function start (url: string, settings: Settings, stream?: Writable) {
  const config = loadConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATABASE_URL: url,
    DRAIN_SECONDS: '0',
    SECRET_KEY: 'a secret for tests, of 32 characters or more',
    ...await throughPooler(url),
    ...settings
  })
  const options = serverOptions({ ...config, SEED_DIR: '' })
  const app = Fastify({ ...options, ...stream && { logger: { ...options.logger, stream } } })
  await app.register(gateway, { config: { ...config, SEED_DIR: '' } })
  await app.ready()
  const sql = postgres(url, { max: 2, onnotice: () => {} })
  return {
    app,
    sql,
    url,
    close: async () => {
      await app.close()
      await sql.end({ timeout: 5 })
    }
  }
}

function shopOf ({ app, sql, url }: Pick<Shop, 'app' | 'sql' | 'url'>): Shop {
  return {
    app,
    sql,
    url,
    call: async (method, path, body, headers = {}) => {
      const response = await app.inject({
        method, url: path, headers, ...body !== undefined && { payload: body as object }
      })
      const isJson = /\bjson\b/.test(String(response.headers['content-type']))
      const answer = {
        status: response.statusCode,
        json: isJson ? response.json() : undefined,
        headers: response.headers as Record<string, string>,
        text: response.payload
      }
      checkAnswer(app, String(method), path, answer)
      return answer
    }
  }
}

/**
 * Sends a statement to /query, again while it is not done in time: all others on the machine have the processor first.
 */
export async function askPatiently ({ call }: Shop, sql: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call('POST', '/query', { sql })
    if (answer.status !== 408 || attempt === 10) return answer
  }
}

/** Checks that an answer is the problem of this status, code and sentence. */
export function refuses (t: Test, answer: Answer, status: number, code: string, detail?: string): void {
  t.match(answer, {
    status,
    headers: { 'content-type': /^application\/problem\+json/ },
    json: { status, code, ...detail !== undefined && { detail } }
  }, `${status} ${code}`)
}

/** A place for a gateway's log, to be read as text. */
export function lines (): Writable & { text (): string } {
  let text = ''
  const stream = new Writable({
    write (chunk, _encoding, done) {
      text += chunk
      done()
    }
  })
  return Object.assign(stream, { text: () => text })
}
