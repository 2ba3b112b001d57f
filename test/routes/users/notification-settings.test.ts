import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

const DAY = 86_400_000
const SETTINGS = [
  'days_between_order_notifications', 'last_notification_sent_at', 'order_notifications_next_scheduled_time',
  'order_notifications_start_date_time', 'order_notifications_via_email', 'pending_order_notification', 'user_id'
]

/**
 * The contract's formula, in milliseconds: with start S, interval d, now N: S while N < S, else S + (floor((N - S) / d)
 * + 1) * d.
 */
const nextTime = (start: number, days: number, now: number): number =>
  now < start ? start : start + (Math.floor((now - start) / (days * DAY)) + 1) * days * DAY

const settingsUrl = (n: number) => `/users/${userId(n)}/notification-settings`
const changesUrl = (n: number) => `/users/${userId(n)}/order-status-notifications`
const placeOrder = async (shop: Shop, n: number): Promise<string> =>
  (await shop.call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1 }] })).json.data[0].order_id
const setStatus = async (shop: Shop, order: string, status: string) => await shop.call('PATCH', `/orders/${order}`, {
  status
})

t.test('notification settings', async (t) => {
  const shop = await openShop(t)

  await t.test('are a part of the user', async (t) => {
    const settings = await shop.call('GET', settingsUrl(1))
    const { json: user, headers } = await shop.call('GET', `/users/${userId(1)}`)
    t.same(Object.keys(settings.json).sort(), SETTINGS)
    t.match(user, settings.json)
    t.equal(settings.headers.etag, headers.etag)
  })

  await t.test('change one by one; other fields of the user, sent along, do not', async (t) => {
    const { json: before } = await shop.call('GET', settingsUrl(1))
    const changed = await shop.call('PUT', settingsUrl(1), {
      order_notifications_via_email: true, city: 'Rome', email_address: 'x@example.com'
    })
    t.equal(changed.status, 200)
    t.same(Object.keys(changed.json).sort(), ['message', ...SETTINGS].sort())
    const { message: _, ...settings } = changed.json
    t.same(settings, { ...before, order_notifications_via_email: true })
    t.match((await shop.call('GET', `/users/${userId(1)}`)).json, {
      city: 'Springfield', email_address: 'user1@example.com'
    })
    t.same((await shop.call('GET', settingsUrl(1))).json, settings)
    const kept = await shop.call('PUT', settingsUrl(1), {
      days_between_order_notifications: null, order_notifications_via_email: null
    })
    t.match(kept.json, settings, 'null changes nothing')
  })

  await t.test('out of bounds or of another type: 400', async (t) => {
    for (const body of [
      { days_between_order_notifications: 0 }, { days_between_order_notifications: 366 },
      { days_between_order_notifications: '7' }, { order_notifications_via_email: 'true' },
      { order_notifications_start_date_time: 'soon' }, { order_notifications_start_date_time: 0 }, []
    ]) {
      refuses(t, await shop.call('PUT', settingsUrl(1), body), 400, 'INVALID_INPUT')
    }
  })

  await t.test('an old If-Match is a 412, and the ETag moves', async (t) => {
    const { headers: { etag } } = await shop.call('GET', settingsUrl(2))
    const first = await shop.call('PUT', settingsUrl(2), { days_between_order_notifications: 5 }, { 'if-match': etag! })
    t.equal(first.status, 200)
    t.not(first.headers.etag, etag)
    refuses(t, await shop.call('PUT', settingsUrl(2), { days_between_order_notifications: 6 }, { 'if-match': etag! }),
      412, 'PRECONDITION_FAILED')
  })

  await t.test('the next time follows a change of start or interval, by the formula', async (t) => {
    const now = Date.now()
    const cases: [string, number][] = [
      [new Date(now + 3 * DAY).toISOString(), 7], [new Date(now - 1000).toISOString(), 7],
      [new Date(now - 6.5 * DAY).toISOString(), 7],
      [new Date(now - 7.5 * DAY).toISOString(), 7], [new Date(now - 100.25 * DAY).toISOString(), 30],
      ['2000-02-29T12:34:56.789Z', 1],
      ['2020-01-01', 365], ['2024-03-31T01:30:00+01:00', 3], ['1900-01-01T00:00:00', 1], ['2999-12-31T23:59:59Z', 365]
    ]
    for (const [start, days] of cases) {
      const changed = await shop.call('PUT', settingsUrl(3), {
        order_notifications_start_date_time: start, days_between_order_notifications: days
      })
      // Without an offset the contract takes UTC, JavaScript the local zone.
      const startMs = Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(start) || !start.includes('T') ? start : `${start}Z`)
      t.equal(Date.parse(changed.json.order_notifications_start_date_time), startMs)
      t.equal(Date.parse(changed.json.order_notifications_next_scheduled_time), nextTime(startMs, days, Date.now()),
        `${start} every ${days} days`)
    }
    const start = now - 10.5 * DAY
    await shop.call('PUT', settingsUrl(3), { order_notifications_start_date_time: new Date(start).toISOString() })
    const longer = await shop.call('PUT', settingsUrl(3), { days_between_order_notifications: 4 })
    t.equal(Date.parse(longer.json.order_notifications_next_scheduled_time), start + 12 * DAY,
      'a change of the interval alone')
    await shop.sql`update users.users set order_notifications_next_scheduled_time = '2000-01-01' where id = 3`
    const other = await shop.call('PUT', settingsUrl(3), { order_notifications_via_email: true })
    t.match(other.json, { order_notifications_next_scheduled_time: /^2000-01-01/ }, 'no other change recomputes it')
  })

  await t.test('the formula at its edges, whatever the session’s time zone', async (t) => {
    const start = Date.parse('2024-03-30T12:00:00Z')
    const moments = [
      -1, 0, 1, DAY - 1, DAY, DAY + 1, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 21 * DAY, 10_000 * DAY, 10_000 * DAY + 1
    ]
    const cases = [1, 7, 365].flatMap(
      (days) => moments.map((after) => ({ days, now: start + after, next: nextTime(start, days, start + after) }))
    )
    const next = await shop.sql.begin(async (sql) => {
      await sql`set local time zone 'America/New_York'`
      return await sql`select (extract(epoch from users.next_reminder_time(to_timestamp(${start / 1000}), c.days,
        to_timestamp(c.now / 1000.0))) * 1000)::float8 as next
        from jsonb_to_recordset(${sql.json(cases)}) as c (days integer, now numeric)`
    })
    t.same(next.map((row) => row.next), cases.map((one) => one.next))
  })
})

t.test('order status notifications', async (t) => {
  const shop = await openShop(t)
  const read = async (n: number) => (await shop.call('GET', changesUrl(n))).json as {
    order_id: string,
    status: string,
    changed_at: string
  }[]

  await t.test('placing an order is no change, but reading moves the mark', async (t) => {
    await placeOrder(shop, 1)
    const before = (await shop.call('GET', `/users/${userId(1)}`)).json.last_notifications_viewed_at
    t.equal(before, null)
    t.same(await read(1), [])
    const { last_notifications_viewed_at: first } = (await shop.call('GET', `/users/${userId(1)}`)).json
    t.match(first, /^20/)
    t.same(await read(1), [])
    const { last_notifications_viewed_at: second } = (await shop.call('GET', `/users/${userId(1)}`)).json
    t.ok(second > first)
  })

  await t.test('the latest change of each order, once; a remark is no change', async (t) => {
    const [a, b, c, foreign] = [
      await placeOrder(shop, 2), await placeOrder(shop, 2), await placeOrder(shop, 2), await placeOrder(shop, 3)
    ]
    await setStatus(shop, a, 'paid')
    await setStatus(shop, b, 'cancelled')
    await setStatus(shop, a, 'shipped')
    await setStatus(shop, foreign, 'paid')
    await shop.call('PATCH', `/orders/${a}`, { note: 'left with a neighbour' })
    await shop.call('PATCH', `/orders/${c}`, { note: 'gift', tracking_number: 'T1' })
    await setStatus(shop, b, 'cancelled')
    const changes = await read(2)
    t.match(changes, [{ order_id: a, status: 'shipped' }, { order_id: b, status: 'cancelled' }])
    const history = (await shop.call('GET', `/orders/${a}`)).json.data[0].status_history as {
      status: string,
      changed_at: string
    }[]
    t.equal(changes[0]!.changed_at, history.find(({ status }) => status === 'shipped')!.changed_at)
    t.same(await read(2), [], 'the second reading finds nothing')
    await shop.call('PATCH', `/orders/${a}`, { note: 'another remark' })
    t.same(await read(2), [], 'still nothing after a remark')
    await setStatus(shop, a, 'delivered')
    t.match(await read(2), [{ order_id: a, status: 'delivered' }])
    t.match(await read(3), [{ order_id: foreign, status: 'paid' }])
    t.match(await read(3), [])
  })

  await t.test('a change by any client of the database counts', async (t) => {
    const order = await placeOrder(shop, 3)
    await shop.sql`update orders.orders set status = 'failed' where id = ${order}`
    t.match(await read(3), [{ order_id: order, status: 'failed' }])
  })

  await t.test('a change that is committed after a reading began is in the next one', async (t) => {
    const order = await placeOrder(shop, 5)
    await shop.sql.begin(async (sql) => {
      await sql`update orders.orders set status = 'paid' where id = ${order}`
      // The change is written, not committed: the reader must not put its mark behind it without having seen it.
      const reading = read(5)
      await shop.sql`select pg_sleep(0.2)`
      await sql`update orders.orders set tracking_number = 'T' where id = ${order}`
      return { reading }
    }).then(async ({ reading }) => {
      const [during, after] = [await reading, await read(5)]
      t.match([...during, ...after], [{ order_id: order, status: 'paid' }], 'exactly once')
    })
  })

  await t.test('with many changes and readings at once none is lost and none is read twice', async (t) => {
    const steps = [
      'paid', 'confirmed', 'processing', 'shipped', 'delivered', 'return_requested', 'returned', 'refunded'
    ]
    const orders: string[] = []
    for (let n = 0; n < 8; n++) orders.push(await placeOrder(shop, 4))
    const seen: { order_id: string, status: string }[] = []
    const done = new AbortController()
    const reader = async () => {
      while (!done.signal.aborted) seen.push(...await read(4))
    }
    const readers = [reader(), reader()]
    await Promise.all(orders.map(async (order) => {
      for (const status of steps) t.equal((await setStatus(shop, order, status)).status, 200)
    }))
    done.abort()
    await Promise.all(readers)
    seen.push(...await read(4))
    for (const order of orders) {
      const statuses = seen.filter((change) => change.order_id === order).map(({ status }) => status)
      t.ok(statuses.includes('refunded'), `the last change of ${order} was read`)
      t.equal(new Set(statuses).size, statuses.length, 'nothing twice')
    }
    t.same(await read(4), [])
  })
})
