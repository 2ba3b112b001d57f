import type { Verdict } from '../drill.ts'
import { HOSTILE_BODIES } from '../trials/hostile-bodies.ts'
import { runTrial } from '../trials/harness.ts'

export const summary =
  'bodies of 1 MiB made to be costly, sent by nobody in particular: the CPU time that the gateway has for each'

/** The event loop is held no longer by any request. */
const LIMIT_MS = 50
const KEY = 'a-key-of-this-drill'

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ startGateways }) => {
    const [gateway] = await startGateways(1, { API_KEYS: KEY, TRUSTED_UPSTREAMS: '127.0.0.0/8', RATE_LIMIT: '0' })
    /** The gateway's CPU time so far, in ms: on a busy machine, time on the clock is that of the others. */
    const cpu = async () => {
      const metrics = await (await fetch(`${gateway}/metrics`, { headers: { 'x-api-key': KEY } })).text()
      return 1000 * Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)![1])
    }
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.66' }
    const send = async (body: string) => {
      const answer = await fetch(`${gateway}/api/auth/login`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
      return answer.status
    }
    const rounds = isShort ? 8 : 40
    for (const [kind, body] of Object.entries(HOSTILE_BODIES)) {
      const status = await send(body)
      const since = await cpu()
      for (let n = 0; n < rounds; n++) await send(body)
      const ms = (await cpu() - since) / rounds
      verdicts.push({
        done: kind,
        expected: `a refusal, for at most ${LIMIT_MS} ms of CPU`,
        seen: `${status}, ${ms.toFixed(1)} ms`,
        holds: ms <= LIMIT_MS && status < 500
      })
    }
  })
  return verdicts
}
