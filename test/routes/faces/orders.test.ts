import t from 'tap'
import { brokerAbsent, openBroker } from '../../broker.ts'
import { openShop, userId, type Answer, type Shop } from '../../helper.ts'

const skip = await brokerAbsent()
const customer = { 'x-user-id': userId(1), 'x-user-email': 'user1@example.com' }
const admin = { 'x-user-id': 'boss', 'x-user-email': 'boss@example.com', 'x-user-role': 'admin' }
const items = [{ product_id: 33, quantity: 2 }]

/** The ways to an order, and where its id stands in the answer. */
const WAYS: Record<string, (shop: Shop) => Promise<string>> = {
  'service API': async ({ call }) =>
    (await call('POST', '/orders', { user_id: userId(1), items })).json.data[0].order_id,
  'service API, checkout': async ({ call }) => {
    await call('POST', '/carts', { user_id: userId(1), items })
    return (await call('POST', `/carts/${userId(1)}/checkout`)).json.data[0].order_id
  },
  'legacy API': async ({ call }) =>
    (await call('POST', '/legacy/orders/', { user_id: userId(1), items })).json.data[0].order_id,
  'management API': async ({ call }) => String(
    (await call('POST', '/api/v1/orders', { user_id: 1, items })).json.order_id
  ),
  'storefront API': async ({ call }) => (await call('POST', '/api/orders', { items }, customer)).json.id,
  'storefront API, checkout': async ({ call }) => {
    await call('POST', '/api/carts/me/items', items[0], customer)
    return (await call('POST', '/api/carts/me/checkout', undefined, customer)).json.data[0].order_id
  }
}

/** How each face shows the order, and the one thing that all of them must agree on. */
const VIEWS: Record<string, (shop: Shop, id: string) => Promise<Answer>> = {
  'service API': async ({ call }, id) => await call('GET', `/orders/${id}`),
  'legacy API': async ({ call }, id) => await call('GET', `/legacy/orders/${id}`),
  'management API': async ({ call }, id) => await call('GET', `/api/v1/orders/${id}`),
  'storefront API': async ({ call }, id) => await call('GET', `/api/orders/${id}`, undefined, customer)
}
const statusIn = ({ json }: Answer): string => json.data?.[0].status ?? json.status

t.test('an order placed on one face is the same order on every other: items, stock, history, events', async (t) => {
  const broker = skip ? undefined : await openBroker(t)
  const shop = await openShop(t, broker?.settings)
  const stock = async () =>
    (await shop.sql`select stock from products.inventory where product_id = 33`)[0]!.stock as number

  for (const [way, place] of Object.entries(WAYS)) {
    const [before, events] = [await stock(), broker?.received.length ?? 0]
    const id = await place(shop)
    t.equal(await stock(), before - 2, `${way}: takes stock`)
    for (const [view, show] of Object.entries(VIEWS)) {
      const answer = await show(shop, id)
      t.equal(statusIn(answer), 'pending', `${way}, seen on the ${view}`)
      t.match(answer.text, /"product_id":"?33\b/)
    }
    // Each change on another face.
    await shop.call('PATCH', `/api/v1/orders/${id}`, { status: 'paid' })
    await shop.call('PATCH', `/api/orders/${id}/status`, { status: 'confirmed' }, admin)
    await shop.call('PATCH', `/orders/${id}`, { status: 'cancelled' })
    for (const [view, show] of Object.entries(VIEWS)) {
      t.equal(statusIn(await show(shop, id)), 'cancelled', `${way}, seen on the ${view}`)
    }
    t.equal(await stock(), before, `${way}: stock comes back`)
    const { json } = await shop.call('GET', `/orders/${id}`)
    t.same(json.data[0].status_history.map(({ status }: { status: string }) => status),
      ['pending', 'paid', 'confirmed', 'cancelled'], `${way}: history`)
    await t.test(`${way}: events`, { skip }, async (t) => {
      await broker!.arrived(events + 4)
      t.same(broker!.received.slice(events).map(({ body }) => [body.order_id, body.event_type, body.status]), [
        [Number(id), 'order_created', 'pending'], [Number(id), 'order_status_updated', 'paid'],
        [Number(id), 'order_status_updated', 'confirmed'], [Number(id), 'order_cancelled', 'cancelled']
      ])
    })
  }
})
