import postgres from 'postgres'
import t from 'tap'
import { dropRole, openShop, userId, type Shop } from '../helper.ts'

/** What readers of the older schema ask, with their own names and without a schema. */
const STATEMENTS: [string, object[]][] = [
  [
    'select department_id, department from departments where department_id = 1',
    [{ department_id: 1, department: 'frozen' }]
  ],
  ['select aisle_id, aisle from aisles where aisle_id = 2', [{ aisle_id: 2, aisle: 'bread' }]],
  ['select id, total_items from carts', [{ id: '1', total_items: 2 }]],
  [
    'select c.id, i.product_id from carts c join cart_items i on i.cart_id = c.id order by 2',
    [{ id: '1', product_id: 1 }, { id: '1', product_id: 2 }]
  ],
  ['select old_status, new_status from order_status_history order by history_id', [
    { old_status: null, new_status: 'pending' }, { old_status: 'pending', new_status: 'paid' },
    { old_status: 'paid', new_status: 'shipped' }
  ]],
  ['select order_id, octet_length(invoice) as bytes from orders', [{ order_id: '3422000', bytes: 9 }]],
  // Features of a model: who bought what, how often and when.
  [`select u.id as user_id, o.id as order_id, o.order_number, o.order_dow, o.order_hour_of_day,
    o.days_since_prior_order, i.product_id,
      i.add_to_cart_order, i.reordered, p.product_name, p.aisle_id, p.department_id
    from users u join orders o on o.user_id = u.id join order_items i on i.order_id = o.id
    join products p using (product_id)
    where o.id = 3422000 and u.id = 1 and p.product_id in (1, 2)`,
  [
    {
      user_id: '1',
      order_id: '3422000',
      order_number: 1,
      product_id: 1,
      add_to_cart_order: 1,
      reordered: 0,
      product_name: 'Product 1'
    }
  ]],
  [
    'select count(*)::int as n, sum(quantity)::int as quantity from order_items where order_id = any (array[3422000])',
    [{ n: 1, quantity: 2 }]
  ]
]

/** Connects as a login that was given rights to the tables, and to nothing that is the gateway's. */
async function connectAsReader (
  t: Parameters<typeof openShop>[0], { sql, url }: Shop, schemas: string[]
): Promise<postgres.Sql> {
  const role = `reader_${new URL(url).pathname.slice(1)}`
  const password = 'a password of the tests'
  await sql.unsafe(`create role ${role} login password '${password}'`)
  t.teardown(async () => await dropRole(url, role))
  for (const schema of schemas) {
    await sql.unsafe(
      `grant usage on schema ${schema} to ${role}; grant select on all tables in schema ${schema} to ${role}`
    ).simple()
  }
  const address = new URL(url)
  address.username = role
  address.password = password
  const reader = postgres(address.href, {
    max: 1, onnotice: () => {}, connection: { search_path: 'legacy, products, orders, users' }
  })
  t.teardown(async () => await reader.end({ timeout: 1 }))
  return reader
}

t.test('a reader of the older schema finds its columns by a search path', async (t) => {
  const shop = await openShop(t)
  const user = userId(1)
  const items = [{ product_id: 1, quantity: 2 }, { product_id: 2, quantity: 1 }]
  await shop.call('POST', '/orders', { user_id: user, items: [items[0]] })
  await shop.call('POST', '/carts', { user_id: user, items })
  for (const status of ['paid', 'shipped']) await shop.call('PATCH', '/orders/3422000', { status })
  await shop.call('PUT', '/orders/3422000/invoice', Buffer.from('%PDF-1.7\n'), { 'content-type': 'application/pdf' })

  const reader = await connectAsReader(t, shop, ['legacy', 'products', 'orders', 'users'])
  for (const [statement, rows] of STATEMENTS) t.match(await reader.unsafe(statement), rows, statement)

  const own = await shop.sql`
    select a.attname as name from pg_attribute a where a.attrelid = 'legacy.orders'::regclass and a.attnum > 0`
  t.ok(own.length > 20)
  t.notOk(own.some(({ name }) => /notes|address_|email/.test(name)), 'nothing the older schema had not')
})

t.test('the views hand out no right of their owner', async (t) => {
  const shop = await openShop(t)
  const reader = await connectAsReader(t, shop, ['legacy', 'products'])
  t.match(await reader`select department from departments where department_id = 1`, [{ department: 'frozen' }])
  for (const view of ['carts', 'orders', 'order_status_history']) {
    await t.rejects(reader.unsafe(`select * from legacy.${view}`), { code: '42501' },
      `${view}: rights to the table are needed`)
  }
  const { status, json } = await shop.call('POST', '/query', { sql: 'select * from legacy.departments' })
  t.match({ status, json }, { status: 403, json: { code: 'QUERY_FORBIDDEN' } }, '/query does not see them')
})
