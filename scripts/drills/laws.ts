import type { Verdict } from '../drill.ts'
import { readConfig } from '../../plugins/settings.ts'
import { openAdmin } from '../../database/open.ts'
import { lookAtLaws } from '../trials/laws.ts'

export const summary =
  'looks whether the shop’s laws hold in a database: DATABASE_URL, else the embedded one (DATA_DIR); changes nothing'

/** It is about somebody's shop, not about the gateway: no part of `--all`. */
export const isOfAShop = true

/** All orders at once, however long it takes; the gateway looks at some in turn (routes/operations/invariants.ts). */
export async function run (): Promise<Verdict[]> {
  const { sql, close } = await openAdmin(readConfig(), (message) => console.error(message))
  try {
    return (await lookAtLaws(sql)).map(({ invariant, law, broken, examples, ms }) => ({
      done: `looked at ${invariant}, ${ms.toFixed()} ms`,
      expected: law,
      seen: broken === 0 ? 'it holds' : `${broken} break it: ${examples.join('; ')}`,
      holds: broken === 0
    }))
  } finally {
    await close()
  }
}
