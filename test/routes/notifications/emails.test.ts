import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../checks.ts'
import { openOwnShop, userId, type Shop } from '../../helper.ts'
import { openMailServer, partsOf } from '../../mail-server.ts'

/** Users 1 to n want emails and are due; they are reminded now. */
async function remind (shop: Shop, users = 1): Promise<void> {
  await shop.sql`update users.users set order_notifications_via_email = true,
    order_notifications_next_scheduled_time = now() - interval '1 second' where id <= ${users}`
  await shop.app.notifications.remind(1000)
}

/** As if the pause until the next try had passed. */
const nextTry =
  async (shop: Shop) => {
    await shop.sql`update gateway.emails set next_attempt_at = now() where accepted_at is null
    and failed_at is null`
  }

const ledger = async (shop: Shop) => [...await shop.sql`
  select user_id::int, attempts, accepted_at is not null as accepted, failed_at is not null as failed, last_error
  as reason,
    extract(epoch from next_attempt_at - now())::float as wait, server_away from gateway.emails order by id`]
const pending = async (shop: Shop, n = 1) =>
  (await shop.call('GET', `/users/${userId(n)}`)).json.pending_order_notification

t.test('a reminder arrives: text and HTML, with the usual products, and then the user is no longer pending',
  async (t) => {
    const mail = await openMailServer(t)
    const shop = await openOwnShop(t, mail.settings)
    for (const items of [[7, 3], [7], [7, 3, 9]]) {
      await shop.call('POST', '/orders', { user_id: userId(1), items: items.map((id) => ({ product_id: id })) })
    }
    await shop.sql`update users.users set first_name = 'Ada <b>', last_name = ${'Love\r\nBcc: all@example.com'}
      where id = 1`
    await remind(shop)
    await mail.arrived(1)
    const [email] = mail.received
    t.match(email!.headers, {
      from: /"?Test & Shop"? <shop@example\.com>/,
      subject: 'Time for your next order at Test & Shop',
      'list-unsubscribe': /^<https:\/\/shop\.example\/api\/notifications\/unsubscribe\?token=[^>]+>$/,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click'
    })
    t.equal(email!.to, 'user1@example.com')
    t.notOk('bcc' in email!.headers, 'a name cannot add a header')
    const { text, html } = partsOf(email!)
    t.match(text, /Hello Ada <b>,[^]*You often have:\s+- Product 7\s+- Product 3\s+- Product 9[^]*Unsubscribe: https:/)
    t.match(html, /Test &amp; Shop[^]*Hello Ada &lt;b&gt;,[^]*<li>Product 7<\/li><li>Product 3<\/li>/)
    await until(async () => !await pending(shop), 'no longer pending')
    t.match(await ledger(shop), [{ attempts: 1, accepted: true, failed: false }])
  })

t.test('a status change arrives by email where the user asked for it, once for each change, with items and tracking',
  async (t) => {
    const mail = await openMailServer(t)
    const shop = await openOwnShop(t, { ...mail.settings, SELL_UNPRICED: 'true' })
    const place = async (n: number) => (await shop.call('POST', '/orders', {
      user_id: userId(n), items: [{ product_id: 7, quantity: 2 }, { product_id: 40 }]
    })).json.data[0].order_id
    const [wanted, unwanted] = [await place(1), await place(2)]
    await shop.sql`update users.users set order_notifications_via_email = true where id = 1`
    for (const id of [wanted, unwanted]) {
      await shop.call('PATCH', `/orders/${id}`, {
        status: 'shipped', shipping_carrier: 'UPS', tracking_number: '1Z999', tracking_url: 'https://ups.example/1Z999'
      })
      await shop.call('PATCH', `/orders/${id}`, { status: 'shipped' })
      await shop.call('PATCH', `/orders/${id}`, { note: 'only a remark' })
    }
    await mail.arrived(1)
    const { text, html } = partsOf(mail.received[0]!)
    t.equal(mail.received[0]!.headers.subject, `Your order ${wanted} is on its way (Test & Shop)`)
    t.match(text, /Tracking: UPS 1Z999\s+Follow it: https:\/\/ups\.example\/1Z999\s+2 x Product 7 {2}15\.98/)
    t.match(text, /2 x Product 7 {2}15\.98\s+1 x Product 40\s+Total {2}15\.98/)
    t.match(html, /<a href="https:\/\/ups\.example\/1Z999"/)
    t.equal((await ledger(shop)).length, 1, 'no other is to be sent')
    t.equal(mail.offered(), 1)
  })

t.test('an order of the storefront: with what it was charged beside the items', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  await shop.sql`update users.users set order_notifications_via_email = true where id = 1`
  const identity = { 'x-user-id': userId(1), 'x-user-email': 'user1@example.com' }
  const { json } = await shop.call('POST', '/api/orders', { items: [{ product_id: 7, quantity: 2 }] }, identity)
  await shop.call('PATCH', `/orders/${json.id}`, { status: 'paid' })
  await mail.arrived(1)
  t.match(partsOf(mail.received[0]!).text,
    /2 x Product 7 {2}15\.98\s+Shipping {2}10\.00\s+Tax {2}1\.28\s+Total {2}27\.26/)
})

t.test('a tracking address that is none of the web is not made a link', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  await shop.sql`update users.users set order_notifications_via_email = true where id = 1`
  const { json } = await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 7 }] })
  // As an older release took it.
  await shop.sql`update orders.orders set tracking_url = 'javascript:alert(1)' where id = ${json.data[0].order_id}`
  await shop.call('PATCH', `/orders/${json.data[0].order_id}`, { status: 'shipped' })
  await mail.arrived(1)
  t.notMatch(partsOf(mail.received[0]!), { html: /javascript/ })
})

t.test('refused for now (4xx): tried again after growing pauses, with the same Message-ID', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  mail.behave({ status: 451 })
  await remind(shop)
  const waits: number[] = []
  for (let tries = 1; tries <= 4; tries++) {
    await until(async () => (await ledger(shop))[0]!.reason !== null && (await ledger(shop))[0]!.attempts === tries,
      `try ${tries} failed`)
    waits.push((await ledger(shop))[0]!.wait)
    if (tries === 4) mail.behave('accept')
    // Before it can be claimed again, which counts as the next try at once.
    await shop.sql`update gateway.emails set last_error = null`
    await nextTry(shop)
  }
  t.same(waits.map((wait) => Math.round(wait / 10) * 10), [10, 30, 90, 270], 'seconds')
  await mail.arrived(1)
  const [{ message_id: id } = {}] = await shop.sql`select message_id from gateway.emails`
  t.equal(mail.received[0]!.headers['message-id'], `<${id}@shop.example>`)
  t.equal(mail.offered(), 5)
})

t.test('refused for good (5xx): a dead letter at once, the others arrive, and the user stays pending', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  mail.behave((to) => to === 'user2@example.com' ? { status: 550 } : 'accept')
  await remind(shop, 3)
  await mail.arrived(2)
  await until(async () => (await ledger(shop)).some(({ failed }) => failed), 'a dead letter')
  t.match((await ledger(shop)).find(({ failed }) => failed), {
    user_id: 2, attempts: 1, reason: /550 not now for <<address>>/
  })
  t.equal(await pending(shop, 2), true)
})

t.test('after the last try: a dead letter', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  mail.behave({ status: 451 })
  await shop.sql`alter table gateway.emails alter attempts set default 11`
  await remind(shop)
  await until(async () => (await ledger(shop))[0]!.failed, 'a dead letter')
  t.match(await ledger(shop), [{ attempts: 12, accepted: false }])
})

t.test('the mail server away, stalling, hanging up: every email arrives when it is back, at once', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  await mail.close()
  await remind(shop, 5)
  await until(async () => (await ledger(shop)).filter(({ server_away: away }) => away).length === 5, 'each was tried')
  mail.behave('drop')
  await mail.open()
  await nextTry(shop)
  // Recorded, too: until then the gateway holds them for 300 s.
  await until(
    async () => (await ledger(shop)).filter(({ attempts, wait }) => attempts === 2 && wait < 200).length === 5,
    'each failed again'
  )
  t.equal(mail.received.length, 0)
  mail.behave('accept')
  // One of them is due; with it the others find out.
  await shop.sql`update gateway.emails set next_attempt_at = now() where id = (select min(id) from gateway.emails)`
  await mail.arrived(5, 25)
  t.equal(new Set(mail.received.map(({ to }) => to)).size, 5, 'none twice')
})

t.test('a server that says nothing any more does not hold up a gateway that closes, and the email still waits',
  async (t) => {
    const mail = await openMailServer(t)
    const shop = await openOwnShop(t, mail.settings)
    mail.behave('stall')
    await remind(shop)
    await until(async () => mail.offered() === 1, 'offered')
    await shop.app.close()
    t.match(await ledger(shop), [{ attempts: 1, accepted: false, failed: false, server_away: true }])
  })

t.test('the server took it and hung up before it said so: it comes again, recognisable by its Message-ID',
  async (t) => {
    const mail = await openMailServer(t)
    const shop = await openOwnShop(t, mail.settings)
    mail.behave('drop after accepting')
    await remind(shop)
    await mail.arrived(1)
    mail.behave('accept')
    await until(async () => (await ledger(shop))[0]!.server_away, 'the try failed')
    await nextTry(shop)
    await mail.arrived(2)
    t.equal(mail.received[0]!.headers['message-id'], mail.received[1]!.headers['message-id'])
  })

t.test('two gateways send each email once', async (t) => {
  const mail = await openMailServer(t)
  const first = await openOwnShop(t, mail.settings)
  const second = await openOwnShop(t, { ...mail.settings, DATABASE_URL: first.url })
  await first.sql`
    insert into users.users (first_name, last_name, email_address, order_notifications_via_email,
    order_notifications_next_scheduled_time)
    select 'User', n::text, 'many' || n || '@example.com', true, now() - interval '1 minute'
    from generate_series(1, 200) n`
  await first.app.notifications.remind(1000)
  await mail.arrived(200)
  // What they have under way, they finish.
  await Promise.all([first.app.close(), second.app.close()])
  t.equal(mail.offered(), 200)
  t.equal(new Set(mail.received.map(({ to }) => to)).size, 200)
})

t.test('nothing is sent to who has unsubscribed, was deleted, or whose order is gone', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  await mail.close()
  await remind(shop, 3)
  await until(async () => (await ledger(shop)).length === 3, 'three wait')
  await shop.call('PUT', `/users/${userId(1)}/notification-settings`, { order_notifications_via_email: false })
  await shop.call('DELETE', `/users/${userId(2)}`, { password: 'password' })
  t.match(await ledger(shop), [{ user_id: 3 }])
  const { json } = await shop.call('POST', '/orders', { user_id: userId(3), items: [{ product_id: 1 }] })
  await shop.call('PATCH', `/orders/${json.data[0].order_id}`, { status: 'paid' })
  t.equal((await ledger(shop)).length, 2)
  await shop.call('DELETE', `/orders/${json.data[0].order_id}`)
  t.match(await ledger(shop), [{ user_id: 3 }])
})

t.test('without SMTP_URL in development, emails are files', async (t) => {
  const shop = await openOwnShop(t, { DATA_DIR: t.testdir() })
  await remind(shop)
  const folder = join(t.testdirName, 'emails')
  await until(async () => (await ledger(shop))[0]!.accepted, 'written')
  const [file] = await readdir(folder)
  t.match(file, /\.eml$/)
  t.match(await readFile(join(folder, file!), 'utf8'), /To: "?User No1"? <user1@example\.com>/)
})
