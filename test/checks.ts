import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** Checks that there are items and that each is right: of none at all, everything would be true. */
export function all<Item> (
  t: Pick<Test, 'ok' | 'strictSame'>, items: Iterable<Item>, isRight: (item: Item) => unknown, what: string
): void {
  const list = [...items]
  t.ok(list.length > 0, `${what}: there are some`)
  t.strictSame(list.filter((item) => !isRight(item)), [], what)
}

/** The items, of which there must be some: for a loop of checks, which would check nothing. */
export function some<Item> (t: Pick<Test, 'ok'>, items: Iterable<Item>, what = 'items to check'): Item[] {
  const list = [...items]
  t.ok(list.length > 0, `${list.length} ${what}`)
  return list
}

/**
 * Waits for something that comes to pass by itself, however long a busy machine takes; rejects after `seconds`, saying
 * what it was.
 */
export async function until (condition: () => unknown, what: string, seconds = 100): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`it never came to: ${what}`)
    await sleep(20)
  }
}
