import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { hashAsInProduction } from '../hashing.ts'
import { openOwnShop, refuses } from '../helper.ts'

/** Keeps the process busy, as work that never lets go does. */
async function stall (seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const pause = performance.now() + 1500
    while (performance.now() < pause);
    await nextTick()
  }
}

t.test('a process that cannot keep up refuses at once and recovers at once', async (t) => {
  const { call, app } = await openOwnShop(t, { CORS_ORIGINS: 'https://shop.example' })
  t.equal((await call('GET', '/products/1')).status, 200)
  await stall(6)
  const answer = await call('GET', '/products/1', undefined, { origin: 'https://shop.example' })
  refuses(t, answer, 503, 'OVERLOADED')
  t.match(answer.headers, {
    'retry-after': /^\d+$/,
    'access-control-allow-origin': 'https://shop.example',
    'x-content-type-options': 'nosniff',
    'x-request-id': /./
  })
  for (const path of ['/livez', '/readyz', '/health']) {
    t.equal((await call('GET', path)).status, 200, `${path} still says the truth`)
  }

  while (app.isUnderPressure()) await sleep(50)
  t.equal((await call('GET', '/products/1')).status, 200)
})

t.test(
  'a flood of logins: each is answered, with 503 and Retry-After where too many wait; other routes serve meanwhile',
  async (t) => {
    hashAsInProduction(t)
    const { call } = await openOwnShop(t)
    const logIn = async (n: number) => await call('POST', '/users/login', {
      email_address: `nobody${n}@example.com`, password: 'wrong'
    })
    let pending = 120
    const flood = Array.from({ length: pending }, async (_, n) => {
      const answer = await logIn(n)
      pending--
      return answer
    })
    for (let n = 0; n < 20; n++) t.equal((await call('GET', '/products/1')).status, 200)
    t.ok(pending > 0, 'while logins wait')
    const answers = await Promise.all(flood)
    const refused = answers.filter(({ status }) => status === 503)
    t.ok(refused.length >= 120 - 64 - 2, `${refused.length} refused`)
    for (const answer of refused) {
      refuses(t, answer, 503, 'OVERLOADED')
      t.match(answer.headers, { 'retry-after': /^\d+$/ })
    }
    const rest = answers.filter(({ status }) => status !== 503)
    t.ok(rest.length >= 1, `${rest.length} of 120 looked at`)
    t.strictSame(rest.filter(({ status }) => status !== 401), [], 'and all of those are wrong')
    t.equal((await logIn(0)).status, 401, 'and then there is room again')
  }
)
