import { execFileSync } from 'node:child_process'
import {
  appendFileSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { startEmbedded } from '../../database/embedded.ts'
import { endIfInterrupted } from '../../database/interrupt.ts'
import { chosenPrograms } from '../../test/postgres-version.ts'
import { scratchDir } from '../../test/server.ts'
import { freePort, killServer, type OwnServer } from './own-server.ts'

/** A server that streams from another, and can be read. */
export interface Standby {
  /** As the primary calls it in pg_stat_replication. */
  name: string
  /** The primary's database on it. */
  url: string
  sql: Sql
  /** Stops applying what comes in, as a long query or a slow disk does; what was written stays on its way. */
  pause (): Promise<void>
  resume (): Promise<void>
  /** From now on applies each commit so much later. */
  delay (ms: number): Promise<void>
  /** Makes it a primary; resolves when it takes writes. */
  promote (): Promise<void>
  /** As `kill -9` of all its processes. */
  kill (): Promise<void>
  close (): Promise<void>
}

/** The address of one database by several hosts. */
export const addressOf = (first: string, ...others: string[]): string =>
  first.replace(/(?<=@)[^/]*/, [first, ...others].map((url) => new URL(url).host).join())

export interface StandbyOptions {
  /** A commit on the primary waits for this one, or for any of those that have it set. */
  isSynchronous?: boolean
  /** The primary keeps what it has not had yet in a slot, instead of the last 512 MB. */
  hasSlot?: boolean
}

/** What belongs to a running server, and not to its data. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'pg_wal']
const MADE = ['backup_label', 'pg_wal', 'standby.signal']

/**
 * Makes a standby of a server that was opened with STREAMING, from a copy of its data folder made while it runs
 * (PostgreSQL's documentation, "Making a Base Backup Using the Low Level API"): the embedded server has no
 * pg_basebackup.
 */
export async function openStandby (primary: OwnServer, name: string, options: StandbyOptions = {}): Promise<Standby> {
  const dir = mkdtempSync(join(scratchDir(), 'db-service-standby-'))
  endIfInterrupted(async () => { process.once('exit', () => rmSync(dir, { recursive: true, force: true })) })
  const admin = postgres(primary.url, { max: 1, onnotice: () => {} })
  try {
    await copyData(admin, primary.dir, dir)
    if (options.hasSlot) await admin`select pg_create_physical_replication_slot(${name}, true)`
    const { hostname, port, username, password } = new URL(primary.url)
    const conninfo = `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`
    appendFileSync(join(dir, 'postgres/postgresql.auto.conf'), `
primary_conninfo = '${conninfo}'
${options.hasSlot ? `primary_slot_name = '${name}'` : ''}
synchronous_standby_names = ''
`)
    writeFileSync(join(dir, 'postgres/standby.signal'), '')
    // PostgreSQL runs under an account of its own where this process is root.
    const { uid, gid } = statSync(join(dir, 'postgres'))
    for (const file of MADE) chownSync(join(dir, 'postgres', file), uid, gid)
    const settings = { ...primary.settings, port: String(await freePort()), hot_standby: 'on' }
    const server = await startEmbedded(dir, { settings, programs: chosenPrograms() })
    await untilStreaming(admin, name)
    if (options.isSynchronous) await waitForAny(admin, name)
    return standbyOf(name, dir, server)
  } finally {
    await admin.end({ timeout: 5 })
  }
}

/** A copy of the data of a server that goes on meanwhile, and what it is to begin from. */
async function copyData (admin: Sql, from: string, to: string): Promise<void> {
  await admin`select pg_backup_start('standby', true)`
  execFileSync('cp', ['-a', join(from, 'postgres'), join(to, 'postgres')])
  for (const name of NOT_COPIED) rmSync(join(to, 'postgres', name), { recursive: true, force: true })
  copyFileSync(join(from, 'postgres.password'), join(to, 'postgres.password'))
  mkdirSync(join(to, 'postgres/pg_wal'), { mode: 0o700 })
  const [label] = await admin<{ labelfile: string }[]>`select labelfile from pg_backup_stop(false)`
  writeFileSync(join(to, 'postgres/backup_label'), label!.labelfile)
}

async function untilStreaming (admin: Sql, name: string): Promise<void> {
  const streaming = () => admin`
    select from pg_stat_replication where application_name = ${name} and state = 'streaming'`
  while ((await streaming()).length === 0) await sleep(20)
}

/** Commits wait for one of those that were named, from now on. */
async function waitForAny (admin: Sql, name: string): Promise<void> {
  const [row] = await admin<{ names: string }[]>`select current_setting('synchronous_standby_names') as names`
  const before = /^ANY 1 \((.*)\)$/.exec(row!.names)?.[1]
  await admin.unsafe(`alter system set synchronous_standby_names = 'ANY 1 (${before ? `${before}, ` : ''}${name})'`)
  await admin`select pg_reload_conf()`
  const waited = () => admin`
    select from pg_stat_replication where application_name = ${name} and sync_state = 'quorum'`
  while ((await waited()).length === 0) await sleep(20)
}

function standbyOf (name: string, dir: string, { url, stop }: { url: string, stop (): Promise<void> }): Standby {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  let isDead = false
  return {
    name,
    url,
    sql,
    pause: async () => { await sql`select pg_wal_replay_pause()` },
    resume: async () => { await sql`select pg_wal_replay_resume()` },
    delay: async (ms) => {
      await sql.unsafe(`alter system set recovery_min_apply_delay = ${ms}`)
      await sql`select pg_reload_conf()`
    },
    promote: async () => { await sql`select pg_promote(true, 60)` },
    kill: async () => {
      isDead = true
      await killServer(dir)
      await stop()
    },
    close: async () => {
      await sql.end({ timeout: 1 })
      if (!isDead) await stop()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}
