import { connect, Socket, type NetConnectOpts } from 'node:net'
import postgres, { type Sql } from 'postgres'
import { findHost, hostsOf, placeOf } from './hosts.ts'

const isoTimestamp = (text: string) => `${text.replace(' ', 'T')}${text.includes('+') ? ':00' : ''}`

/**
 * How values cross the driver. Timestamps stay text: a Date would lose their microseconds. Numbers of money are only
 * ever shown, never calculated with, and two decimals survive the way through a double. JSON that is text already is
 * not encoded again.
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

/** As PostgreSQL writes arrays of one dimension; the driver would ask each new connection for their types. */
const arrays = Object.fromEntries(Object.entries({
  bool: 1000,
  int2: 1005,
  int4: 1007,
  text: 1009,
  varchar: 1015,
  int8: 1016,
  date: 1182,
  timestamptz: 1185,
  numeric: 1231,
  uuid: 2951
}).map(([name, oid]) => [`${name}s`, {
  to: oid,
  from: [oid],
  serialize: (values: unknown[]) =>
    `{${values.map((value) => value === null ? 'null' : `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`,
  parse: (text: string) => Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|[^{},]+/g), ([bare, quoted]) =>
    quoted?.replace(/\\(.)/g, '$1') ?? (bare === 'NULL' ? null : bare))
}]))

/** What the driver tells of where to connect to. */
export interface Hosts { host: string[], port: number[], path?: string | false }

/** Where the driver is to connect to: a host, or a socket of this machine. */
const addressOf = ({ host: [host], port: [port], path }: Hosts): NetConnectOpts =>
  // Without Nagle's algorithm, which holds back a COPY for 40 ms twice; the driver has no option for it.
  path ? { path } : { host: host!, port: port!, noDelay: true }

/**
 * Makes sockets for a client of `url`, and shows each: so that one that says nothing any more can be ended. Of several
 * hosts the right one is looked for each time (hosts.ts): after a failover it is another.
 */
export function socketsTo (url: string, show: (socket: Socket, address: NetConnectOpts) => void = () => {}) {
  const open = (hosts: Hosts): Socket => {
    const address = addressOf(hosts)
    const socket = connect(address)
    // What the driver checks a certificate against.
    Object.assign(socket, 'host' in address && { host: address.host })
    show(socket, address)
    return socket
  }
  if (hostsOf(url).length === 1) return open
  return async (): Promise<Socket> => {
    try {
      const { host, port } = placeOf(await findHost(url))
      return open({ host: [host], port: [port] })
    } catch (error) {
      // The driver forgets a client whose socket could not be made; one that breaks it makes again.
      const broken = new Socket()
      setImmediate(() => broken.destroy(error as Error))
      return broken
    }
  }
}

/** What the driver is told of several hosts: the first. Which one it is in truth, is the sockets' business. */
export const driverUrl = (url: string): string => hostsOf(url)[0]!

/**
 * For requests: each statement has its index. Without this, a plan made while a table was small reads all of it until
 * autovacuum looks at the table again; a new shop placed orders at a third of its speed in the first minute. Such a
 * plan's estimate is so high that PostgreSQL before 18 would compile it, which takes longer than running it.
 */
export const BY_INDEX = { enable_seqscan: 'off', jit: 'off' }

/**
 * For callers. A lock that others hold is waited for briefly; the statement is then retried, and its connection is free
 * in between (statements.ts). As PostgreSQL itself writes them: the start compares (session-settings.ts).
 */
export const FOR_CALLERS = { statementTimeout: 5000, settings: { lock_timeout: '100ms' } }

/** For jobs, whose statements take what they take. */
export const BACKGROUND = { statementTimeout: 10_000 }

export interface ClientOptions {
  /** Connections at most. */
  max: number
  /** Milliseconds after which the server ends a statement; 0 for never. */
  statementTimeout: number
  prepare?: boolean
  /** Server settings of every connection, over those below. */
  settings?: Record<string, string>
  /**
   * For each attempt: a server that says nothing when connected to is tried anew, since it may have been frozen in
   * between.
   */
  connectSeconds?: number
  /**
   * Asks for the array types of the server first; else the usual ones are known. Where that is cut off, the driver ends
   * the process.
   */
  fetchTypes?: boolean
  /** Makes the sockets; else nobody sees them. */
  socket?: (hosts: Hosts) => Socket | Promise<Socket>
}

/** A client of our own settings: UTC, bounded statements, plans kept. Connects when first used. */
export function createClient (
  url: string,
  {
    max, statementTimeout, prepare = true, settings = {}, connectSeconds = 2, fetchTypes = false, socket = socketsTo(
      url
    )
  }: ClientOptions
): Sql {
  return postgres<Record<string, never>>(driverUrl(url), {
    max,
    prepare,
    types: { ...types, ...arrays } as never,
    fetch_types: fetchTypes,
    onnotice: () => {},
    ...{ socket } as object,
    connect_timeout: connectSeconds,
    // A database that is back is noticed at once; the requests in between have had their 503.
    backoff: () => 0.2,
    connection: settingsOf(statementTimeout, settings) as never
  })
}

/**
 * The server settings of a connection; but for the name all matter: some poolers drop them in silence
 * (session-settings.ts).
 */
export function settingsOf (statementTimeout: number, settings: Record<string, string> = {}): Record<string, string> {
  return {
    application_name: 'db-service',
    TimeZone: 'UTC',
    // Whatever the database's own is: times and bytes are read as text.
    DateStyle: 'ISO',
    bytea_output: 'hex',
    // As text: the driver leaves out a 0, and the login's own limit would hold.
    statement_timeout: statementTimeout % 1000 === 0 && statementTimeout > 0
      ? `${statementTimeout / 1000}s`
      : String(statementTimeout),
    // Re-planning costs a third of a joined page's time; the lists are written so that one plan fits all.
    plan_cache_mode: 'force_generic_plan',
    ...settings
  }
}
