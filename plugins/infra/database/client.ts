import { connect } from 'node:net'
import postgres, { type Sql } from 'postgres'

const isoTimestamp = (text: string) => `${text.replace(' ', 'T')}${text.includes('+') ? ':00' : ''}`

/**
 * How values cross the driver. Timestamps stay text: a Date would lose their microseconds. Numbers of money are only ever shown,
 * never calculated with, and two decimals survive the way through a double. JSON that is text already is not encoded again.
 */
const types = {
  timestamp: { to: 1184, from: [1184], serialize: (value: string) => value, parse: isoTimestamp },
  number: { to: 1700, from: [20, 1700], serialize: (value: number | string) => String(value), parse: Number },
  json: {
    to: 3802,
    from: [114, 3802],
    serialize: (value: unknown) => typeof value === 'string' ? value : JSON.stringify(value),
    parse: (text: string) => JSON.parse(text)
  }
}

/** One host over TCP. Several hosts, or a socket in the file system, are the driver's own business. */
export const ONE_HOST = /^postgres(ql)?:\/\/([^@/]*@)?[^,/@?]+(\/|$)/

/** Without Nagle's algorithm, which holds back a COPY for 40 ms twice; the driver has no option for it. */
const promptSocket = ({ host, port }: { host: string[], port: number[] }) => connect({ host: host[0]!, port: port[0]!, noDelay: true })

/**
 * For requests: each statement has its index. Without this, a plan made while a table was small reads all of it until autovacuum looks
 * at the table again; a new shop placed orders at a third of its speed in the first minute. Such a plan's estimate is so high that
 * PostgreSQL before 18 would compile it, which takes longer than running it.
 */
export const BY_INDEX = { enable_seqscan: 'off', jit: 'off' }

export interface ClientOptions {
  /** Connections at most. */
  max: number
  /** Milliseconds after which the server ends a statement; 0 for never. */
  statementTimeout: number
  prepare?: boolean
  /** Server settings of every connection, over those below. */
  settings?: Record<string, string>
}

/** A client of our own settings: UTC, bounded statements, plans kept. Connects when first used. */
export function createClient (url: string, { max, statementTimeout, prepare = true, settings = {} }: ClientOptions): Sql {
  return postgres<Record<string, never>>(url, {
    max,
    prepare,
    types: types as never,
    onnotice: () => {},
    ...ONE_HOST.test(url) && { socket: promptSocket },
    connect_timeout: 5,
    // A database that is back is noticed at once; the requests in between have had their 503.
    backoff: () => 0.2,
    connection: {
      application_name: 'db-service',
      TimeZone: 'UTC',
      // Whatever the database's own is: times are read as text.
      DateStyle: 'ISO',
      statement_timeout: statementTimeout,
      // Re-planning costs a third of a joined page's time; the lists are written so that one plan fits all.
      plan_cache_mode: 'force_generic_plan',
      ...settings
    } as never
  })
}
