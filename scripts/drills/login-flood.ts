import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { runTrial } from '../trials/harness.ts'

export const summary =
  'one address tries a password for another email each time, 20 at once and without pause, while others log in'

const PASSWORD = 'a good long password'
const OTHERS = 5

/**
 * How many of the flood may have their turn before somebody else has: the one that runs, and one that is admitted
 * meanwhile.
 */
const TURNS = 3

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const times: number[] = []
  const refused: number[] = []
  const flood = new Map<number, number>()
  let turns = 0
  await runTrial(async ({ startGateways }) => {
    const [gateway] = await startGateways(1, { API_KEYS: 'a-key-of-this-drill', TRUSTED_UPSTREAMS: '127.0.0.0/8' })
    const post = async (path: string, body: object, address: string) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
      const answer = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      await answer.arrayBuffer()
      return answer.status
    }
    for (let n = 0; n < OTHERS; n++) {
      const person = { email: `person${n}@example.com`, password: PASSWORD, firstName: 'A', lastName: 'Person' }
      if (await post('/api/auth/register', person, `198.51.100.${n}`) !== 201) throw new Error('nobody could register')
    }

    let isOver = false
    const flooding = Array.from({ length: 20 }, async (_, worker) => {
      // eslint-disable-next-line no-unmodified-loop-condition -- it is, below
      for (let n = 0; !isOver; n++) {
        const status = await post('/api/auth/login', { email: `nobody-${worker}-${n}@example.com`, password: 'wrong' },
          '203.0.113.66')
        flood.set(status, (flood.get(status) ?? 0) + 1)
        if (status !== 401) await sleep(20)
      }
    })
    const end = performance.now() + (isShort ? 10_000 : 60_000)
    for (let n = 0; performance.now() < end; n++) {
      const [since, before] = [performance.now(), flood.get(401) ?? 0]
      const status = await post('/api/auth/login', { email: `person${n % OTHERS}@example.com`, password: PASSWORD },
        `198.51.100.${n % OTHERS}`)
      if (status === 200) times.push(performance.now() - since)
      else refused.push(status)
      turns = Math.max(turns, (flood.get(401) ?? 0) - before)
      await sleep(500)
    }
    isOver = true
    await Promise.all(flooding)
  })
  const slowest = Math.round(Math.max(...times))
  const told = [...flood].map(([status, count]) => `${count} × ${status}`).join(', ')
  return [
    {
      done: `others logged in ${times.length + refused.length} times`,
      expected: 'each time',
      seen: `${refused.length} refused; ${slowest} ms at most`,
      holds: refused.length === 0 && times.length > 0
    },
    {
      done: 'the flood’s turns during one login of another',
      expected: `at most ${TURNS}`,
      seen: String(turns),
      holds: turns <= TURNS
    },
    {
      done: 'what the flood was told',
      expected: 'at most 600 failures in a minute',
      seen: told,
      holds: (flood.get(401) ?? 0) <= 1200
    }
  ]
}
