import type { Test } from 'tap'
import { userId, type Answer, type Shop } from '../../helper.ts'

export type Request = [Parameters<Shop['call']>[0], string, unknown?]

export const user = userId(1)
export const cart = `/legacy/carts/${user}`

/** Checks that an answer is the refusal with this sentence: HTTP 200, the envelope, nothing else. */
export function refuses (t: Test, answer: Answer, sentence: string): void {
  t.strictSame([answer.status, answer.json], [200, { success: false, data: [], error: sentence }], sentence)
  t.match(answer.headers['content-type'], /^application\/json/)
}
