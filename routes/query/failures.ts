import postgres from 'postgres'
import { problem, type ErrorCode, type Problem } from '../../common/problems.ts'
import { shorten } from '../../common/text.ts'
import { ConnectFault, CONNECTION_FAULTS } from '../../database/failures.ts'

/** A statement that is sound by itself, but not as a sub-select. */
export class NoSubselect extends Error {
  readonly position: number
  constructor (position: number) {
    super('only a SELECT may be run')
    this.position = position
  }
}

/**
 * A SQLSTATE, or the beginning of one, on the /query lane. Whatever is not here is a fault of the caller's statement.
 */
const STATES: Record<string, ErrorCode> = {
  42501: 'QUERY_FORBIDDEN', // insufficient_privilege
  25006: 'QUERY_FORBIDDEN', // read_only_sql_transaction
  57014: 'QUERY_TIMEOUT', // query_canceled: the statement timeout
  '55P03': 'QUERY_TIMEOUT', // lock_not_available: the lock timeout
  53300: 'OVERLOADED', // too_many_connections: the role's limit
  '57P': 'DATABASE_UNAVAILABLE',
  '08': 'DATABASE_UNAVAILABLE',
  28: 'DATABASE_UNAVAILABLE',
  '3D': 'DATABASE_UNAVAILABLE'
}

/** An error message repeats the value it is about. */
const MESSAGE_LENGTH = 500

/**
 * What a failed statement on the /query lane means: PostgreSQL's message and position, never its hint, detail or
 * context, which can tell about more than the caller wrote. `cause` is the SQLSTATE, for the audit line.
 */
export function explainQuery (error: unknown): Error {
  if (error instanceof ConnectFault) {
    const { code } = error.cause as NodeJS.ErrnoException
    return because(problem(code === '53300' ? 'OVERLOADED' : 'DATABASE_UNAVAILABLE'), error.message)
  }
  const fault = error as NodeJS.ErrnoException
  if (error instanceof postgres.PostgresError) {
    const code = STATES[error.code] ?? STATES[error.code.slice(0, 3)] ?? STATES[error.code.slice(0, 2)] ??
      'QUERY_FAULTY'
    const message = shorten(error.message, MESSAGE_LENGTH, ' …')
    return because(problem(code, { message: error.position ? `${message}, at character ${error.position}` : message }),
      error.code)
  }
  if (CONNECTION_FAULTS.test(fault.code ?? '')) return because(problem('DATABASE_UNAVAILABLE'), fault.code!)
  if (error instanceof NoSubselect) return problem('QUERY_FORBIDDEN', { message: fault.message })
  return fault
}

function because (known: Problem, reason: string): Problem {
  known.cause = reason
  return known
}

/** An error in the wrapped statement, with its position in the caller's own text. */
export function fromWrapped (error: unknown, offset: number): unknown {
  if (!(error instanceof postgres.PostgresError)) return error
  const position = Number(error.position) - offset
  if (error.code === '42601' || error.routine === 'analyzeCTE') return new NoSubselect(position)
  if (error.position) error.position = String(position)
  return error
}

/**
 * Where the statement ends, if what stands in the way is a semicolon: behind it there can only be comments and blanks.
 */
export function endOfStatement (error: unknown, text: string): number | undefined {
  if (!(error instanceof NoSubselect) || !(error.position > 1)) return
  // PostgreSQL counts characters, JavaScript UTF-16 units.
  const end = Array.from(text).slice(0, error.position - 1).join('').length
  return text[end] === ';' && end > 0 ? end : undefined
}
