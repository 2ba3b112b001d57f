import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import { callers } from './caller.ts'
import { CONNECTION_FAULTS } from './failures.ts'
import { Gate } from './gate.ts'
import { aimed } from './hosts.ts'
import { type Encode, type Query, QuerySession, texts } from './query-session.ts'
import { everyTick } from './ticks.ts'

/** Statements at once, and how many more wait for how long. */
const AT_ONCE = 2
const MAX_WAITING = 200
const MAX_WAIT_MS = 2000

/** So long before a caller's time is over the statement is cancelled; what the server cannot interrupt is answered all the same. */
const GRACE_MS = 400

/** By then the server has ended the statement, if there is a server at the other end. */
const GIVE_UP_AFTER_MS = 7000

const read = (name: string) => readFileSync(join(import.meta.dirname, `../../../sql/query/${name}.sql`), 'utf8')
const HARDEN = read('harden')
const SOFTEN = read('soften')
const OPEN_ROLE = read('open-role')
const ADOPT_ROLE = read('adopt-role')
const CHECK_ROLE = read('check-role')

const SET_UP = 'the gateway may not create a login; set QUERY_DATABASE_URL to one that may read the schema products and nothing else'
const TOO_MIGHTY = 'its login may do more than read the schema products; the start log says what. Set QUERY_DATABASE_URL to one that may not'

/**
 * Runs what callers write themselves, as a login of its own. The database enforces what it may do; this only sees to it that there is
 * such a login, that it really can do nothing else, and that no more than two statements run at once.
 */
export class QueryLane {
  readonly #config: Config
  readonly #log: FastifyBaseLogger
  readonly #url: string
  readonly #gate = new Gate(AT_ONCE, MAX_WAITING, MAX_WAIT_MS)
  #sessions: QuerySession[] = []
  #free: QuerySession[] = []
  /** Why the lane stays closed. */
  #reason = SET_UP

  /** @param url the gateway's own database */
  constructor (config: Config, log: FastifyBaseLogger, url: string) {
    this.#config = config
    this.#log = log
    this.#url = url
  }

  /**
   * Makes the login where that is the gateway's to do, and opens the lane if the login can do nothing but read the catalogue. Else
   * the lane stays closed and the log says why; never rejects.
   *
   * @param sql the gateway's own connection
   */
  async prepare (sql: Sql): Promise<void> {
    try {
      // In the embedded database all users are the gateway's own.
      await sql.unsafe(this.#config.HARDEN_DATABASE || !this.#config.DATABASE_URL ? HARDEN : SOFTEN).catch(({ code, message }) => {
        if (code !== '42501') throw new Error(message)
        this.#log.warn({ reason: message }, 'HARDEN_DATABASE asks for more than the login of DATABASE_URL may do')
      })
      const login = this.#config.QUERY_DATABASE_URL ? {} : await this.#makeRole(sql)
      const url = aimed(this.#config.QUERY_DATABASE_URL ?? this.#url, 'primary')
      this.#sessions = Array.from({ length: AT_ONCE }, () => new QuerySession(url, login))
      const timer = setTimeout(() => this.#sessions[0]?.giveUp(), GIVE_UP_AFTER_MS)
      const isSafe = await this.#check(sql).finally(() => clearTimeout(timer))
      if (isSafe) this.#free = [...this.#sessions]
      else await this.close()
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      if (CONNECTION_FAULTS.test(code) || code.startsWith('28')) this.#reason = 'its login cannot connect; the start log says why'
      this.#log.warn({ reason: `${code} ${message}` }, `POST /query stays closed: ${this.#reason}`)
      await this.close()
    }
  }

  /** For a caller: what it no longer waits for is cancelled. Rejects with CALLER_GONE, QUERY_NOT_SET_UP, QUERY_FAULTY, QUERY_FORBIDDEN, QUERY_TIMEOUT, OVERLOADED, DATABASE_UNAVAILABLE. */
  async run (query: Query, encode: Encode): Promise<(string | null)[]> {
    if (this.#sessions.length === 0) throw problem('QUERY_NOT_SET_UP', { reason: this.#reason })
    const caller = callers.getStore()
    const until = caller?.deadline ?? Infinity
    return await new Promise((resolve, reject) => {
      this.#gate.run(async () => {
        const session = this.#free.pop()!
        const began = performance.now()
        const stop = everyTick((now) => {
          if (caller?.isGone || now > until - GRACE_MS) session.cancel()
          if (now > until) reject(problem(session.isRunning ? 'QUERY_TIMEOUT' : 'DATABASE_UNAVAILABLE'))
          if (now > began + GIVE_UP_AFTER_MS) session.giveUp()
        })
        try {
          resolve(await session.run(query, encode))
        } catch (error) {
          reject(caller?.isGone ? problem('CALLER_GONE') : error)
        } finally {
          stop()
          // Only now is there room for another one, even if this one has been answered.
          this.#free.push(session)
        }
      }).catch(reject)
    })
  }

  async close (): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map(async ({ sql }) => await sql.end({ timeout: 1 })))
  }

  /** The same password from every gateway with this SECRET_KEY: they share the role. */
  async #makeRole (sql: Sql): Promise<{ username: string, password: string }> {
    const { SECRET_KEY: secret } = this.#config
    const password = secret === '' ? randomBytes(32).toString('base64url') : createHmac('sha256', secret).update('db-service /query').digest('base64url')
    const [row] = await sql.unsafe<{ role: string }[]>(OPEN_ROLE, [scramVerifier(password)])
    return { username: row!.role, password }
  }

  /** Whether the lane's login can do nothing but read the catalogue; the log says what else, and what stays open to everybody. */
  async #check (sql: Sql): Promise<boolean> {
    const { sql: asRole } = this.#sessions[0]!
    const [here] = await asRole.unsafe<{ role: string, database: string }[]>(texts.introduce)
    const { role } = here!
    if (this.#config.QUERY_DATABASE_URL) await sql.unsafe(ADOPT_ROLE, [role])
    const found = await sql.unsafe<{ what: string, tolerable: boolean }[]>(CHECK_ROLE, [role])
    // The catalogue may be another server's than the one the login came to; the door to the users is tried by hand.
    const isRefused = await asRole.unsafe(texts.tryUsers).then(() => false, ({ code }: { code: string }) => code === '42501')
    const [tolerable, excess] = [true, false].map((kind) => found.filter((right) => right.tolerable === kind).map(({ what }) => what))
    if (!isRefused) excess!.push('is not kept out of the schema users')
    if (excess!.length > 0) {
      this.#reason = TOO_MIGHTY
      this.#log.warn({ role, may: excess }, 'POST /query stays closed: its login may do more than read the schema products')
      return false
    }
    if (tolerable!.length > 0) {
      this.#log.warn({ role, may: tolerable }, 'POST /query: what every login of this server may do stays open; HARDEN_DATABASE=true takes it from PUBLIC')
    }
    return true
  }
}

/** What the server keeps of a password (RFC 5802): so that no log of its statements ever shows the password itself. */
function scramVerifier (password: string): string {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const key = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(key('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`
}
