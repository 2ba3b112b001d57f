import type { Row, Sql } from 'postgres'

/**
 * The one transaction of a migration, on a client of a single connection. A driver that has lost its connection goes on
 * with a new one, where the rest would run outside of any transaction: so every script asks first whether it still is
 * in this one.
 */
export class Transaction {
  readonly id: string
  readonly #sql: Sql
  readonly #guard: string

  private constructor (sql: Sql, id: string) {
    this.id = id
    this.#sql = sql
    this.#guard = `do $guard$ begin
      if pg_current_xact_id_if_assigned() is distinct from '${id}'::xid8 then
        raise exception using errcode = '08003',
        message = 'the connection was lost while migrating; nothing has changed';
      end if;
    end $guard$;`
  }

  /**
   * Runs all of it, or leaves nothing behind.
   *
   * @param begin statements that begin it, the last of which returns the transaction's `id`
   */
  static async run<T> (sql: Sql, begin: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      const transaction = new Transaction(sql, (await lastRows<{ id: string }>(sql, begin))[0]!.id)
      const result = await work(transaction)
      await transaction.script('commit')
      return result
    } catch (error) {
      // Where the connection is gone, so is the transaction.
      await sql.unsafe('rollback').catch(() => {})
      throw error
    }
  }

  /** Runs one statement or several; returns the last one's rows. */
  async script<T extends Row> (text: string): Promise<T[]> {
    return await lastRows<T>(this.#sql, `${this.#guard}\n${text}`)
  }

  /** As `script`, but a failure takes back these statements alone, and the transaction goes on. */
  async attempt (text: string): Promise<void> {
    try {
      await this.script(`savepoint attempt; ${text}\n; release savepoint attempt`)
    } catch (error) {
      // Without the guard, which cannot run in a transaction that has failed. A text that cannot be parsed has not even
      // set the savepoint.
      await this.#sql.unsafe('rollback to savepoint attempt').catch(() => {})
      throw error
    }
  }

  /** Runs one statement with parameters. It is not guarded: one that writes has to look at `id` itself. */
  async query<T extends Row> (text: string, parameters: string[]): Promise<T[]> {
    return await this.#sql.unsafe<T[]>(text, parameters)
  }
}

async function lastRows<T extends Row> (sql: Sql, text: string): Promise<T[]> {
  const results = await sql.unsafe(text).simple() as unknown as T[] | T[][]
  return (Array.isArray(results[0]) ? results.at(-1) : results) as T[]
}
