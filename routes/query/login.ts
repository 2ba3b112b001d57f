import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Config } from '../../plugins/settings.ts'
import { problem } from '../../common/problems.ts'
import { Described } from './described.ts'
import { CONNECTION_FAULTS } from '../../database/failures.ts'
import { aimed } from '../../database/hosts.ts'
import { QuerySession } from './session.ts'
import { texts } from './texts.ts'

const SET_UP =
  'the gateway may not create a login; set QUERY_DATABASE_URL to one that may read the schema products and nothing else'
const TOO_MIGHTY = 'its login may do more than it should; the start log says what'
const SET_ANOTHER = 'Set QUERY_DATABASE_URL to one that may only read the schema products'

/** A connection that says nothing must not hold up the start. */
const CHECK_MS = 7000

/** Whose statements a login runs. */
interface Purpose {
  /** For the log. */
  path: string
  /** The statement that makes its role; the password is the parameter. */
  openRole: string
  /** What its password is derived for. */
  secretFor: string
}

const SERVICE: Purpose = { path: '/query', openRole: texts.openRole, secretFor: 'db-service /query' }
const LEGACY: Purpose = { path: '/legacy/query', openRole: texts.openLegacyRole, secretFor: 'db-service /legacy/query' }

/** The faces whose callers send statements of their own. */
export type QueryFace = 'service' | 'legacy'
export const PURPOSES: Record<QueryFace, Purpose> = { service: SERVICE, legacy: LEGACY }

/** A login of the /query lane and its sessions. The database enforces what it may do. */
export class QueryLogin {
  readonly #purpose: Purpose
  readonly #config: Config
  readonly #log: FastifyBaseLogger
  #sessions: QuerySession[] = []
  #free: QuerySession[] = []
  /** Why it stays closed. */
  #reason = SET_UP

  constructor (purpose: Purpose, config: Config, log: FastifyBaseLogger) {
    this.#purpose = purpose
    this.#config = config
    this.#log = log
  }

  /**
   * Makes the login where that is the gateway's to do, and opens its sessions if it can do nothing but what it is for.
   * Else it stays closed and the log says why; never rejects.
   *
   * @param sql the gateway's own connection
   * @param url the gateway's own database
   */
  async open (sql: Sql, url: string, sessions: number): Promise<void> {
    const { path } = this.#purpose
    try {
      const login = this.#config.QUERY_DATABASE_URL ? {} : await this.#makeRole(sql)
      const described = new Described()
      const address = aimed(this.#config.QUERY_DATABASE_URL ?? url, 'primary')
      this.#sessions = Array.from({ length: sessions }, () => new QuerySession(address, described, login))
      const timer = setTimeout(() => this.#sessions[0]?.giveUp(), CHECK_MS)
      const isSafe = await this.#check(sql).finally(() => clearTimeout(timer))
      if (isSafe) this.#free = [...this.#sessions]
      else await this.close()
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      if (CONNECTION_FAULTS.test(code) || code.startsWith('28')) {
        this.#reason = 'its login cannot connect; the start log says why'
      }
      this.#log.warn({ reason: `${code} ${message}` }, `POST ${path} stays closed: ${this.#reason}`)
      await this.close()
    }
  }

  /** Rejects with QUERY_NOT_SET_UP where it is closed. */
  checkOpen (): void {
    if (this.#sessions.length === 0) throw problem('QUERY_NOT_SET_UP', { reason: this.#reason })
  }

  /** One of as many sessions as statements may run at once. */
  take (): QuerySession { return this.#free.pop()! }

  giveBack (session: QuerySession): void { this.#free.push(session) }

  async close (): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map(async (session) => await session.close()))
  }

  /** The same password from every gateway with this SECRET_KEY: they share the role. */
  async #makeRole (sql: Sql): Promise<{ username: string, password: string }> {
    const { SECRET_KEY: secret } = this.#config
    const password = secret === ''
      ? randomBytes(32).toString('base64url')
      : createHmac('sha256', secret).update(this.#purpose.secretFor).digest('base64url')
    const [row] = await sql.unsafe<{ role: string }[]>(this.#purpose.openRole, [scramVerifier(password)])
    return { username: row!.role, password }
  }

  /** Whether the login can do nothing but what it is for; the log says what else, and what stays open to everybody. */
  async #check (sql: Sql): Promise<boolean> {
    const { path } = this.#purpose
    const { sql: asRole } = this.#sessions[0]!
    const [here] = await asRole.unsafe<{ role: string, database: string }[]>(texts.findLogin)
    const { role } = here!
    if (this.#config.QUERY_DATABASE_URL) await sql.unsafe(texts.adoptRole, [role])
    const found = await sql.unsafe<{ what: string, tolerable: boolean }[]>(texts.checkRole, [role])
    // The catalogue may be another server's than the one the login came to; the door to the users is tried by hand.
    const isRefused = await asRole.unsafe(texts.tryUsers)
      .then(() => false, ({ code }: { code: string }) => code === '42501')
    const [tolerable, excess] = [true, false].map(
      (kind) => found.filter((right) => right.tolerable === kind).map(({ what }) => what)
    )
    if (!isRefused) excess!.push('is not kept out of the schema users')
    if (excess!.length > 0) {
      this.#reason = this.#config.QUERY_DATABASE_URL ? `${TOO_MIGHTY}. ${SET_ANOTHER}` : TOO_MIGHTY
      this.#log.warn({ role, may: excess }, `POST ${path} stays closed: its login may do more than it should`)
      return false
    }
    if (tolerable!.length > 0) {
      const open = 'what every login of this server may do stays open; HARDEN_DATABASE=true takes it from PUBLIC'
      this.#log.warn({ role, may: tolerable }, `POST ${path}: ${open}`)
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
