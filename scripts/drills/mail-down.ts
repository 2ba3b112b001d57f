import { setTimeout as sleep } from 'node:timers/promises'
import { openMailServer } from '../../test/mail-server.ts'
import type { Verdict } from '../drill.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { brokenLaws } from '../trials/laws.ts'
import { percentile } from '../trials/requests.ts'

export const summary = 'the mail server goes away while 50 orders a second come in and very many emails wait already'

export const isQuick = true

const RATE = 50
const ORDER_WITHIN_MS = 1000

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const isBusy = isMachineBusy()
  const [waiting, outageMs] = isShort ? [300, 3000] : [100_000, 60_000]
  await runTrial(async ({ sql, startGateways, teardown }) => {
    const mail = await openMailServer({ teardown: teardown as never })
    await mail.close()
    const users = await makeUsers(sql, 100)
    await sql`update users.users set order_notifications_via_email = true where email_address like 'buyer%'`
    const [{ id: reader } = { id: 0 }] =
      await sql<{ id: number }[]>`select id::int as id from users.users where email_address = 'buyer1@example.com'`
    await sql`insert into users.reminders (user_id, due_at)
      select ${reader}, now() - n * interval '1 second' from generate_series(1, ${waiting}::int) n`
    await sql`insert into gateway.emails (user_id, due_at) select user_id, due_at from users.reminders`
    const gateways = await startGateways(2, {
      ...mail.settings, RATE_LIMIT: '0', SECRET_KEY: 'a secret for drills, of 32 characters'
    })
    const buying = startBuyers(() => gateways, {
      count: 20, users, rate: RATE, items: () => [{ product_id: 1, quantity: 1 }]
    })
    const changes: { status: number, ms: number }[] = []
    const state = { isOver: false }
    // Every order is paid for, which is an email each.
    const paying = (async () => {
      for (let n = 0; !state.isOver || n < buying.purchases.length; n++) {
        while (buying.purchases[n]?.orderId === undefined && !state.isOver) await sleep(5)
        const orderId = buying.purchases[n]?.orderId
        if (orderId === undefined) continue
        const since = performance.now()
        const { status } = await fetch(`${gateways[n % 2]}/orders/${orderId}`, {
          method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"status": "paid"}'
        })
        changes.push({ status, ms: performance.now() - since })
      }
    })()
    await sleep(outageMs)
    await buying.stop()
    state.isOver = true
    await paying
    await mail.open()
    const back = performance.now()
    const total = waiting + changes.length
    const accepted = async () => (await sql<{ n: number }[]>`
      select count(*)::int as n from gateway.emails where accepted_at is not null`)[0]!.n
    while (await accepted() < total && performance.now() - back < 240_000) await sleep(50)
    const seconds = (performance.now() - back) / 1000

    const ids = mail.received.map(({ headers }) => headers['message-id']!)
    const once = new Set(ids)
    const [{ failed } = { failed: 0 }] =
      await sql<{ failed: number }[]>`select count(*)::int as failed from gateway.emails where failed_at is not null`
    const both = [...buying.attempts, ...changes]
    const slowest = percentile(both, 0.99)
    verdicts.push({
      done: `no mail server for ${outageMs / 1000} s at ${RATE} orders a second, each placed and paid`,
      expected: `every request succeeds, 99 of 100 within ${ORDER_WITHIN_MS} ms`,
      seen: `${statuses(both)}; p99 ${slowest.toFixed()} ms${isBusy ? NOT_JUDGED : ''}`,
      holds: both.every(({ status }) => status < 300) && (isBusy || slowest <= ORDER_WITHIN_MS)
    }, {
      done: `${total} emails, ${waiting} of them waiting before`,
      expected: 'each arrives once, none has failed for good',
      seen: `${once.size} arrived, ${ids.length - once.size} twice, ${failed} failed; all within ` +
        `${seconds.toFixed(1)} s after the server was back`,
      holds: once.size === total && ids.length === once.size && failed === 0
    })
    const laws = await brokenLaws(sql)
    verdicts.push({
      done: 'the shop’s laws afterwards', expected: 'all hold', seen: laws || 'all hold', holds: laws === ''
    })
  })
  return verdicts
}
