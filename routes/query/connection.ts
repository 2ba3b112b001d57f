import type { NetConnectOpts, Socket } from 'node:net'
import postgres, { type Sql } from 'postgres'
import { driverUrl, socketsTo } from '../../database/client.ts'

/**
 * A client of one connection of the /query lane, with the role's own settings. `show` is told each socket, and where it
 * went.
 */
export function connectForQuery (
  url: string, login: object, show: (socket: Socket, address: NetConnectOpts) => void
): Sql {
  return postgres(driverUrl(url), {
    ...login,
    max: 1,
    // It would end a connection in the middle of a transaction.
    max_lifetime: null,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 2,
    idle_timeout: 60,
    backoff: () => 0.2,
    ...{ socket: socketsTo(url, show) } as object,
    // The role's own settings, once more for a role that somebody else made.
    connection: {
      application_name: 'db-service query',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      // As routes/query/words.ts reads a statement.
      standard_conforming_strings: 'on',
      bytea_output: 'hex',
      search_path: 'products',
      default_transaction_read_only: 'on',
      statement_timeout: 5000,
      lock_timeout: 1000,
      idle_in_transaction_session_timeout: 10_000,
      max_parallel_workers_per_gather: 0,
      client_min_messages: 'error'
    } as never
  }) as Sql
}
