import { openMailServer } from '../../test/mail-server.ts'
import { waitFor, type Trial } from './harness.ts'

const USERS = 10_000

/** Two gateways work off 10,000 users who are due and want emails; counts what was given, sent and doubled. */
export async function tryReminders ({ sql, startGateways, teardown }: Trial): Promise<void> {
  const mail = await openMailServer({ teardown })
  await sql`
    insert into users.users (first_name, last_name, email_address, order_notifications_via_email,
    order_notifications_next_scheduled_time)
    select 'User', n::text, 'due' || n || '@example.com', true, now() - interval '1 minute'
    from generate_series(1, ${USERS}) n`
  await startGateways(2, mail.settings)
  const began = performance.now()
  let first: number | undefined
  let last: number | undefined
  await waitFor(180, async () => {
    const [{ given } = { given: 0 }] =
      await sql<{ given: number }[]>`select count(*)::int as given from users.reminders`
    if (given > 0) first ??= performance.now()
    if (given === USERS) last ??= performance.now()
    return {
      done: last !== undefined && mail.received.length >= USERS,
      text: `${given} reminders given, ${mail.received.length} emails accepted`
    }
  })
  const [{ doubled } = { doubled: 0 }] = await sql<{ doubled: number }[]>`
    select count(*)::int as doubled from (select from users.reminders group by user_id having count(*) > 1) twice`
  const [{ due } = { due: 0 }] = await sql<{ due: number }[]>`
    select count(*)::int as due from users.users where order_notifications_next_scheduled_time <= now()`
  const recipients = new Set(mail.received.map(({ to }) => to))
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1)
  console.log(
    `reminders: due ${USERS}, given ${USERS}, doubled ${doubled}, still due ${due}; first tick after ${seconds(began,
      first!)} s, all given ${seconds(first!, last!)} s later`
  )
  console.log(
    `emails: due ${USERS}, accepted ${mail.received.length}, doubled ${mail.received.length - recipients.size}, all ` +
      `accepted ${seconds(first!, performance.now())} s after the first tick`
  )
}
