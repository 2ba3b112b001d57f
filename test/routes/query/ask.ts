import type { Test } from 'tap'
import type { Answer, Shop } from '../../helper.ts'

/** A statement, sent to POST /query. */
export const ask = async ({ call }: Shop, sql: string, params?: unknown): Promise<Answer> =>
  await call('POST', '/query', { sql, ...params !== undefined && { params } })

/** Checks what a statement of one row answers, as JSON text. */
export async function gives (t: Test, shop: Shop, sql: string, row: string, params?: unknown[]): Promise<void> {
  const answer = await ask(shop, sql, params)
  t.equal(answer.text, `{"success":true,"data":[${row}],"row_count":1,"truncated":false}`, sql)
}
