import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway } from '../../test/gateway.ts'
import { hang } from '../../test/slow/hung-clients.ts'
import { runTrial } from '../trials/harness.ts'
import type { Verdict } from '../drill.ts'

export const summary =
  'SIGTERM while clients never finish their requests, or never read their answers: how long the end takes'

const MORE_SECONDS = 5

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ url, teardown }) => {
    for (const drain of isShort ? [0] : [0, 1.5, 5]) {
      const gateway = await startGateway({ teardown } as never, {
        DATABASE_URL: url, DRAIN_SECONDS: String(drain), NODE_ENV: 'test'
      })
      const { names, close } = await hang(gateway.url)
      let answered = 0
      let isOver = false
      // One more who asks on and on: what is complete is answered until nobody listens any more.
      const asking = (async () => {
        while (!isOver) {
          await fetch(`${gateway.url}/livez`).then((response) => {
            if (response.ok) {
              answered++
            }
          }, () => { isOver = true })
        }
      })()
      await sleep(200)
      const since = performance.now()
      gateway.process.kill('SIGTERM')
      const code = await gateway.ended
      const seconds = (performance.now() - since) / 1000
      isOver = true
      await asking
      close()
      verdicts.push({
        done: `SIGTERM with DRAIN_SECONDS=${drain} and ${names.length} hung clients: ${names.join(', ')}`,
        expected: `ended within ${drain + MORE_SECONDS} s, exit code 0`,
        seen: `ended after ${seconds.toFixed(1)} s with ${code}; ${answered} other requests were answered`,
        holds: code === 0 && seconds <= drain + MORE_SECONDS
      })
    }
  })
  return verdicts
}
