import t from 'tap'
import { openShop, userId } from '../helper.ts'

/** What each operation shows of the order it has just made, beside what the views show of it afterwards. */
const SHOWN: Record<string, string> = {
  place: 'select details as document from orders.order_documents where order_id = $1',
  checkout: 'select details as document from orders.order_documents where order_id = $1',
  place_managed: 'select document from orders.management_documents where order_id = $1',
  place_for_caller: `
    select orders.show_order(d, $2::jsonb || jsonb_build_object('localId', d.owner_id)) as document
    from orders.storefront_documents d where d.order_id = $1`
}

const ITEMS = [
  { product_id: 40, quantity: 2, add_to_cart_order: 7, reordered: 1 }, { product_id: 33, quantity: 3 },
  { product_id: 2, quantity: 1, add_to_cart_order: 0 }, { product_id: 33, quantity: 2, reordered: 1 }
]
const ADDRESS = { street: '1 "Quoted" Road', city: 'Łódź', state: null, zipCode: '90-001', country: 'Poland', extra: 1 }
const RATES = { tax_rate: 0.0825, shipping_rate: 9.99, free_shipping_from: 100 }

/** Every field that a face takes, present and absent. */
const INPUTS: [string, object][] = [
  ['place', { user_id: userId(1), items: ITEMS }],
  ['place', { user_id: userId(1), items: ITEMS.slice(1, 2), sell_unpriced: false }],
  ['place', {
    user_id: userId(2),
    items: ITEMS,
    order_dow: 3,
    order_hour_of_day: 0,
    days_since_prior_order: 2.5,
    delivery_name: 'Zoë',
    phone_number: '+1',
    street_address: 'a\tb',
    city: null,
    postal_code: 'x',
    country: 'y',
    tracking_number: 'T1',
    shipping_carrier: 'C',
    tracking_url: 'https://example.com/t'
  }],
  ['place', { user_id: userId(2), items: ITEMS, tracking_url: 'javascript:x', status: 'pending' }],
  ['checkout', { user_id: userId(1), if_match: null }],
  ['checkout', { user_id: userId(2), if_match: ['*'], city: 'Elsewhere', ...RATES }],
  ['place_managed', { user_id: '1', items: ITEMS }],
  ['place_managed', { user_id: userId(2), items: ITEMS, status: 'confirmed' }],
  ['place_managed', { user_id: '3', items: ITEMS, status: 'cancelled' }],
  ['place_for_caller', {
    caller: { userId: userId(1), localId: userId(1), isLinked: true, role: 'customer' }, items: ITEMS, ...RATES
  }],
  ['place_for_caller', {
    caller: { userId: 'u-9', isLinked: false, email: 'new@example.com', isVerified: true, role: 'customer' },
    items: ITEMS,
    shipping_address: ADDRESS,
    billing_address: null,
    payment_method: 'card',
    customer_notes: 'ring "twice"',
    ...RATES
  }],
  ['place_for_caller', {
    caller: { userId: 'u-9', isLinked: false, email: 'new@example.com', isVerified: true, role: 'admin' },
    items: ITEMS.slice(1),
    shipping_address: null,
    billing_address: ADDRESS
  }]
]

t.test('an order is shown the moment it is made as it is shown ever after', async (t) => {
  const { sql, call } = await openShop(t)
  for (const actor of [null, 'Ada']) {
    for (const [n, [operation, input]] of INPUTS.entries()) {
      if (operation === 'checkout') {
        const { user_id: user } = input as { user_id: string }
        t.equal((await call('PUT', `/carts/${user}`, { items: ITEMS })).status, 200)
      }
      for (const requestId of operation === 'checkout' ? ['r'] : ['r', null]) {
        const [made] = await sql.unsafe(
          'select order_id, answer from orders.place($1, $2::text::jsonb, $3::text::jsonb)',
          [operation, JSON.stringify(input), JSON.stringify({ actor, request_id: requestId })]
        )
        const caller = JSON.stringify((input as { caller?: object }).caller ?? {})
        const [shown] = await sql.unsafe(SHOWN[operation]!.replace('$2::jsonb', '$2::text::jsonb'),
          operation === 'place_for_caller' ? [made!.order_id, caller] : [made!.order_id])
        t.equal(made!.answer, shown!.document, `${operation} ${n} by ${actor}`)
        t.ok(made!.answer.length > 300)
      }
    }
  }
})
