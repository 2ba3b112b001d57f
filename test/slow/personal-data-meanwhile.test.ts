import t from 'tap'
import { address, canary, CANARY, EMAIL, search } from '../canary.ts'
import { all, until } from '../checks.ts'
import { openOwnShop, userId } from '../helper.ts'
import { tokenOf } from '../people.ts'

t.test('an event that a relay holds while the person is erased, and cannot publish, goes out without the address',
  async (t) => {
    const shop = await openOwnShop(t)
    await shop.sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
    await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 7 }] })
    const [claimed] = await shop.app.events.claim(10, 30)
    t.match(claimed, { payload: /user1@example\.com/ })
    await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' })
    await shop.app.events.release([claimed!.id], 'the broker was away')
    const [again] = await shop.app.events.claim(10, 30)
    t.equal(again?.message_id, claimed!.message_id)
    t.match(JSON.parse(again!.payload), { event_type: 'order_created', user_email: null, total: 7.99 })
  })

t.test('nothing is left of a person who is erased while orders are placed, changed, and reminded of', async (t) => {
  const shop = await openOwnShop(t)
  const { call, sql, app } = shop
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
  await sql`update users.users set first_name = 'Canary', last_name = 'Person', email_address = ${EMAIL},
    order_notifications_via_email = true where id = 1`
  const me = tokenOf(shop, 1)
  const order = {
    items: [{ product_id: 33, quantity: 1 }], shipping_address: address('shipping'), customer_notes: canary('notes')
  }
  const { id } = (await call('POST', '/api/orders', order, me)).json
  const work = async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, n * 5))
    if (n % 4 === 0) {
      return await call('PATCH', `/orders/${id}`, { note: `Canary remark ${n}`, changed_by: 'Canary Person' })
    }
    if (n % 4 === 1) {
      return await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }, {
        'idempotency-key': `k-${n}`
      })
    }
    if (n % 4 === 2) {
      await sql`update users.users set order_notifications_next_scheduled_time = now() - interval '1 second'
        where id = 1`
    }
    if (n % 4 === 2) await app.notifications.remind(10)
    return await call('POST', '/api/orders', order, { ...me, 'idempotency-key': `k-${n}` })
  }
  let done = 0
  const requests = Array.from({ length: 80 }, async (_, n) => await work(n).finally(() => { done++ }))
  await until(() => done >= 20, 'a quarter of the requests')
  t.equal((await call('DELETE', `/users/${userId(1)}`, { password: 'password' })).status, 200)
  const statuses = (await Promise.all(requests)).map(({ status }) => status)
  all(t, statuses, (status) => [200, 201, 401, 404].includes(status), 'served, or told that there is nobody')
  t.ok(statuses.includes(201), 'some before the erasure')
  t.equal((await work(81)).status, 404, 'and what comes after it')
  // What a remark says after the erasure is said about nobody any more, by whoever writes it.
  const left = (await search(shop, CANARY)).filter((row) => !row.startsWith('orders.order_status_history'))
  t.strictSame(left, [])
})

t.test('a person with 10,000 orders is erased within the time of a request', async (t) => {
  const shop = await openOwnShop(t)
  await shop.sql`insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, customer_name,
    customer_email)
    select 1, n, 1, 1, ${canary('name')}, ${canary('email')} from generate_series(1, 10000) n`
  await shop.sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
  await shop.sql`update orders.orders set status = 'paid'`
  const began = performance.now()
  t.equal((await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' })).status, 200)
  t.comment(`${Math.round(performance.now() - began)} ms`)
  t.strictSame(await search(shop, CANARY), [])
})
