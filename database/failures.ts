import postgres from 'postgres'
import { isErrorCode, problem, type ErrorCode, type Problem } from '../common/problems.ts'

/** What a violated constraint means to the caller. */
const CONSTRAINTS: Record<string, ErrorCode> = {
  users_email_address_key: 'EMAIL_ALREADY_EXISTS',
  products_sku_key: 'SKU_ALREADY_EXISTS',
  products_department_id_fkey: 'DEPARTMENT_NOT_FOUND',
  products_aisle_id_fkey: 'AISLE_NOT_FOUND',
  users_upstream_user_id_key: 'CONFLICT',
  carts_user_id_key: 'CART_ALREADY_EXISTS',
  carts_user_id_fkey: 'USER_NOT_FOUND',
  orders_user_id_fkey: 'USER_NOT_FOUND',
  cart_items_quantity_check: 'INVALID_QUANTITY',
  order_items_quantity_check: 'INVALID_QUANTITY',
  inventory_stock_check: 'CONFLICT',
  invoices_document_check: 'INVALID_INVOICE'
}

/** What a SQLSTATE, or a class of them, means to the caller. */
const STATES: Record<string, ErrorCode> = {
  57014: 'TIMEOUT', // query_canceled: the statement timeout
  25006: 'DATABASE_UNAVAILABLE', // read_only_sql_transaction: a replica that was the primary until now
  '57P': 'DATABASE_UNAVAILABLE', // admin shutdown, crash shutdown, cannot connect now
  '08': 'DATABASE_UNAVAILABLE', // connection exceptions
  53: 'DATABASE_UNAVAILABLE', // out of connections, memory, disk
  28: 'DATABASE_UNAVAILABLE', // the login was refused
  '3D': 'DATABASE_UNAVAILABLE', // no such database
  // What every statement found at boot is gone: the database is being reset.
  '3F000': 'DATABASE_UNAVAILABLE', // invalid_schema_name
  '42P01': 'DATABASE_UNAVAILABLE', // undefined_table
  22: 'INVALID_INPUT', // data exceptions: a number out of range, a text that cannot be stored
  40: 'CONFLICT', // serialization failure, deadlock
  '55P03': 'ROW_LOCKED' // lock not available
}

/** What the driver and the network call a connection that failed. */
export const CONNECTION_FAULTS = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|CONNECTION_|CONNECT_TIMEOUT)/

/** No connection was to be had, whatever the reason: nothing was run. */
export class ConnectFault extends Error {
  constructor (cause: unknown) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    super(`${code} ${message}`.trim(), { cause })
  }
}

/** Whether a statement waited in vain for a row or table that another transaction holds. Nothing of it was kept. */
export const isLockTimeout = (error: unknown) => error instanceof postgres.PostgresError && error.code === '55P03'

/**
 * Whether running the same statement again may well succeed: nothing of it was kept, and the cause is another
 * transaction.
 */
export function isRetryable (error: unknown): boolean {
  if (!(error instanceof postgres.PostgresError)) return false
  return error.code === '40001' || error.code === '40P01' || error.constraint_name === 'orders_order_reference_key'
}

/** What a SQLSTATE, or what the network calls a failed connection, means to the caller; undefined: our own mistake. */
export function meaningOf (code: string): ErrorCode | undefined {
  if (CONNECTION_FAULTS.test(code)) return 'DATABASE_UNAVAILABLE'
  return STATES[code] ?? STATES[code.slice(0, 3)] ?? STATES[code.slice(0, 2)]
}

/**
 * What a failed statement means: a refusal by our own SQL (SQLSTATE DB001), a violated constraint, a fault of the
 * input, an unreachable database. Anything else is our own mistake and stays an error, without the statement's text and
 * parameters, which the driver hangs on it and which may hold personal data.
 */
export function explain (error: unknown, statement: string): Error {
  if (error instanceof ConnectFault) return because(problem('DATABASE_UNAVAILABLE'), error.message)
  if (error instanceof postgres.PostgresError) {
    if (error.code === 'DB001' && isErrorCode(error.message)) {
      return problem(error.message, JSON.parse(error.detail || '{}'))
    }
    // Too few parameters, for example, which has nothing to do with the connection, although its class says so.
    const isOurMistake = error.code === '08P01'
    const code = isOurMistake
      ? undefined
      : (error.constraint_name && CONSTRAINTS[error.constraint_name]) ?? meaningOf(error.code)
    if (code) return because(problem(code), `${error.code} ${error.message}`)
    return new Error(`${statement}.sql: ${error.code} ${error.message}${error.where ? ` (${error.where})` : ''}`)
  }
  const fault = error as NodeJS.ErrnoException
  if (CONNECTION_FAULTS.test(fault.code ?? '')) return because(problem('DATABASE_UNAVAILABLE'), fault.message)
  return fault
}

function because (known: Problem, reason: string): Problem {
  known.cause = reason
  return known
}
