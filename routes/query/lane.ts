import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Config } from '../../plugins/settings.ts'
import { problem } from '../../common/problems.ts'
import { callers } from '../../database/caller.ts'
import { Gate } from '../../database/gate.ts'
import { PURPOSES, QueryLogin, type QueryFace } from './login.ts'
import { texts } from './texts.ts'
import { everyTick } from '../../database/ticks.ts'
import type { Encode, Query } from './wrapped.ts'

/** Statements at once, of whichever login, and how many more wait for how long. */
const AT_ONCE = 2
const MAX_WAITING = 200
const MAX_WAIT_MS = 2000

/**
 * So long before a caller's time is over the statement is cancelled; what the server cannot interrupt is answered all
 * the same.
 */
const GRACE_MS = 400

/** By then the server has ended the statement, if there is a server at the other end. */
const GIVE_UP_AFTER_MS = 7000

/**
 * Runs what callers write themselves, as logins of its own: one for /query, and one for /legacy/query that may also
 * read a few columns of users. The database enforces what they may do; this only sees to it that there are such logins,
 * that they really can do nothing else, and that no more than two statements run at once.
 */
export class QueryLane {
  readonly #config: Config
  readonly #log: FastifyBaseLogger
  readonly #url: string
  readonly #gate = new Gate(AT_ONCE, MAX_WAITING, MAX_WAIT_MS)
  readonly #logins: Record<QueryFace, QueryLogin>

  /** @param url the gateway's own database */
  constructor (config: Config, log: FastifyBaseLogger, url: string) {
    this.#config = config
    this.#log = log
    this.#url = url
    const service = new QueryLogin(PURPOSES.service, config, log)
    // A login that somebody else made is there for both: what only the second one may is a 403.
    this.#logins = {
      service, legacy: config.QUERY_DATABASE_URL ? service : new QueryLogin(PURPOSES.legacy, config, log)
    }
  }

  /**
   * Makes the logins where that is the gateway's to do, and opens the lane for each that can do nothing but what it is
   * for; never rejects.
   *
   * @param sql the gateway's own connection
   */
  async prepare (sql: Sql): Promise<void> {
    // In the embedded database all users are the gateway's own.
    try {
      await sql.unsafe(this.#config.HARDEN_DATABASE || !this.#config.DATABASE_URL ? texts.harden : texts.soften)
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      if (code !== '42501') {
        this.#log.warn({ reason: `${code} ${message}` }, 'POST /query stays closed')
        return
      }
      this.#log.warn({ reason: message }, 'HARDEN_DATABASE asks for more than the login of DATABASE_URL may do')
    }
    for (const login of this.#distinct) await login.open(sql, this.#url, AT_ONCE)
  }

  /**
   * For a caller: what it no longer waits for is cancelled. Rejects with CALLER_GONE, QUERY_NOT_SET_UP, QUERY_FAULTY,
   * QUERY_FORBIDDEN, QUERY_TIMEOUT, OVERLOADED, DATABASE_UNAVAILABLE.
   */
  async run (face: QueryFace, query: Query, encode: Encode): Promise<(string | null)[]> {
    const login = this.#logins[face]
    login.checkOpen()
    const caller = callers.getStore()
    const until = caller?.deadline ?? Infinity
    return await new Promise((resolve, reject) => {
      this.#gate.run(async () => {
        const session = login.take()
        const began = performance.now()
        const stop = everyTick((now) => {
          if (caller?.isGone || now > until - GRACE_MS) session.cancel()
          if (now > until) reject(problem(session.isRunning ? 'QUERY_TIMEOUT' : 'DATABASE_UNAVAILABLE'))
          if (now > began + GIVE_UP_AFTER_MS) session.giveUp()
        })
        try {
          await session.run(query, encode, resolve)
        } catch (error) {
          reject(caller?.isGone ? problem('CALLER_GONE') : error)
        } finally {
          stop()
          // Only now is there room for another one, even if this one has been answered.
          login.giveBack(session)
        }
      }).catch(reject)
    })
  }

  /** How many statements run now. */
  get active (): number { return this.#gate.active }

  /** How many wait. */
  get waiting (): number { return this.#gate.waiting }

  async close (): Promise<void> {
    await Promise.all(this.#distinct.map(async (login) => await login.close()))
  }

  get #distinct (): QueryLogin[] { return [...new Set(Object.values(this.#logins))] }
}
