import { setTimeout as sleep } from 'node:timers/promises'
import { openMailServer } from '../../test/mail-server.ts'
import { waitFor, type Trial } from './harness.ts'

const USERS = 2_000
const OUTAGE_SECONDS = 60

/** The mail server goes away in the middle of 2,000 emails, for a minute; counts what was accepted and doubled. */
export async function tryEmails ({ sql, startGateways, teardown }: Trial): Promise<void> {
  const mail = await openMailServer({ teardown })
  await startGateways(2, mail.settings)
  await sql`
    with made as (
      insert into users.users (first_name, last_name, email_address, order_notifications_via_email)
      select 'User', n::text, 'due' || n || '@example.com', true from generate_series(1, ${USERS}) n returning id
    ), reminded as (
      insert into users.reminders (user_id, due_at) select id, now() from made returning user_id, due_at
    )
    insert into gateway.emails (user_id, due_at) select user_id, due_at from reminded`
  await mail.arrived(USERS / 4, 60)
  await mail.close()
  console.log(`${mail.received.length} emails accepted; the mail server goes away for ${OUTAGE_SECONDS} s`)
  await sleep(OUTAGE_SECONDS * 1000)
  await mail.open()
  const back = performance.now()
  await waitFor(180, async () => {
    const [{ waiting } = { waiting: 0 }] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from gateway.emails where accepted_at is null`
    return { done: waiting === 0, text: `${mail.received.length} emails accepted, ${waiting} wait` }
  })
  const ids = new Set(mail.received.map(({ headers }) => headers['message-id']))
  const [{ failed } = { failed: 0 }] =
    await sql<{ failed: number }[]>`select count(*)::int as failed from gateway.emails where failed_at is not null`
  console.log(
    `emails: due ${USERS}, accepted ${ids.size}, doubled ${mail.received.length - ids.size}, dead letters ${failed}; ` +
      `all accepted ${((performance.now() - back) / 1000).toFixed(1)} s after the server was back`
  )
}
