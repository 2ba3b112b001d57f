import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const link = ({ app }: Shop, n = 1) =>
  `/notifications/unsubscribe?token=${app.notifications.unsubscribeToken(userId(n))}`
const wantsEmails = async ({ sql }: Shop, n = 1) =>
  (await sql`select order_notifications_via_email as wants from users.users where id = ${n}`)[0]!.wants

t.test('one click ends the emails (RFC 8058); looking at the page does not', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'key', APP_NAME: 'Fish & Chips' })
  await shop.sql`update users.users set order_notifications_via_email = true`
  const page = await shop.call('GET', link(shop))
  t.match(page, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  t.match(page.headers['content-security-policy'], /default-src 'none';style-src 'unsafe-inline';form-action 'self'/,
    'its style shows')
  t.match(page.text, /Fish &amp; Chips[^]*<form method="post"><button>Unsubscribe<\/button>/)
  t.equal(await wantsEmails(shop), true)

  t.match(await shop.call('POST', link(shop), 'List-Unsubscribe=One-Click', FORM), {
    status: 200, text: /no more emails/
  })
  t.equal(await wantsEmails(shop), false)
  t.equal(await wantsEmails(shop, 2), true, 'of nobody else')
  t.equal((await shop.call('POST', link(shop), 'List-Unsubscribe=One-Click', FORM)).status, 200, 'twice is no error')
  t.equal((await shop.call('POST', link(shop))).status, 200, 'and neither is a body of no kind')
})

t.test('who unsubscribes gets none of the emails that wait, but stays pending', async (t) => {
  const shop = await openShop(t, { SMTP_URL: 'smtp://127.0.0.1:1' })
  await shop.sql`update users.users set order_notifications_via_email = true, order_notifications_next_scheduled_time =
    now() where id = 1`
  await shop.app.notifications.remind(1)
  await shop.call('POST', link(shop), '', FORM)
  t.same([...await shop.sql`select * from gateway.emails`], [])
  t.equal((await shop.call('GET', `/users/${userId(1)}`)).json.pending_order_notification, true)
})

t.test('a token is good for its user only', async (t) => {
  const shop = await openShop(t)
  await shop.sql`update users.users set order_notifications_via_email = true`
  const token = shop.app.notifications.unsubscribeToken(userId(1))
  const forged = [
    '', '.', 'x', userId(2), `${userId(2)}.`, token.replace(userId(1), userId(2)), token.slice(0, -3), `${token}AAAA`,
    token.toUpperCase()
  ]
  for (const bad of forged) {
    for (const method of ['GET', 'POST'] as const) {
      refuses(t, await shop.call(method, `/notifications/unsubscribe?token=${bad}`), 400, 'INVALID_TOKEN')
    }
  }
  refuses(t, await shop.call('POST', '/notifications/unsubscribe'), 400, 'INVALID_INPUT')
  t.same([...await shop.sql`select distinct order_notifications_via_email as wants from users.users`],
    [{ wants: true }])
  const other = await openShop(t, { SECRET_KEY: 'another secret for tests, 32 characters' })
  refuses(t, await other.call('POST', `/notifications/unsubscribe?token=${token}`), 400, 'INVALID_TOKEN')
})

t.test('the link of a user who is gone still works', async (t) => {
  const shop = await openShop(t)
  const gone = link(shop)
  await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' })
  t.equal((await shop.call('POST', gone)).status, 200)
})
