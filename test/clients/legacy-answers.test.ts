import t from 'tap'
import { all } from '../checks.ts'
import { NOBODY, userId } from '../helper.ts'
import type { Envelope } from './older-client.ts'
import { openOlder } from './open-older.ts'

const user = userId(1)
const PASSWORD = 'secret'
const items = [{ product_id: 1, quantity: 2 }]

/** What the older client makes of a refusal: it looks for words, in this order. */
function kindOf ({ success, data, error }: Envelope): string {
  const words = (error ?? '').toLowerCase()
  if (success || data.length > 0 || typeof error !== 'string') return 'no refusal'
  if (words.includes('product') && words.includes('not found')) return 'unknown product'
  if (words.includes('already exists')) return 'duplicate'
  if (words.includes('not found')) return 'absent'
  return words.includes('incorrect') ? 'wrong password' : 'refused'
}

t.test('each refusal has the words that the client looks for', async (t) => {
  const client = await openOlder(t)
  await client.send('PUT', `/carts/${user}`, { items })
  const { data: [{ order_id: order }] } = await client.send('POST', '/orders/', { user_id: user, items })
  const next = { current_password: 'wrong', new_password: PASSWORD }
  const cases: [string, string, string, unknown?][] = [
    ['unknown product', 'POST', '/orders/', { user_id: user, items: [{ product_id: 901 }] }],
    ['unknown product', 'POST', `/orders/${order}/items`, [{ product_id: 901, quantity: 1 }]],
    ['unknown product', 'POST', '/carts/', { user_id: userId(2), items: [{ product_id: 901, quantity: 1 }] }],
    ['unknown product', 'PUT', `/carts/${user}`, { items: [{ product_id: 901, quantity: 1 }] }],
    ['unknown product', 'POST', `/carts/${user}/items`, { product_id: 901, quantity: 1 }],
    ['unknown product', 'PUT', `/carts/${user}/items/901`, { quantity: 1 }],
    ['unknown product', 'PUT', `/carts/${user}/items/2`, { quantity: 1 }],
    ['unknown product', 'DELETE', `/carts/${user}/items/2`],
    ['unknown product', 'GET', '/products/901'],
    [
      'duplicate', 'POST', '/users/',
      { first_name: 'A', last_name: 'B', email_address: 'user2@example.com', password: PASSWORD }
    ],
    [
      'duplicate', 'POST', `/users/${user}/email`,
      { current_password: 'password', new_email_address: 'user2@example.com' }
    ],
    ['duplicate', 'POST', '/carts/', { user_id: user, items }],
    ...['/users/', '/carts/', '/orders/user/'].map(
      (path): [string, string, string] => ['absent', 'GET', path + NOBODY]
    ),
    ['absent', 'PUT', `/users/${NOBODY}`, { city: 'Paris' }],
    ['absent', 'PUT', `/users/${NOBODY}`, {}],
    ['absent', 'DELETE', `/users/${NOBODY}`, { password: 'password' }],
    ['absent', 'POST', '/orders/', { user_id: NOBODY, items }],
    ['absent', 'POST', '/carts/', { user_id: NOBODY, items }],
    ['absent', 'DELETE', `/carts/${userId(2)}`],
    ['absent', 'DELETE', `/carts/${userId(2)}/clear`],
    ['absent', 'GET', '/orders/1'],
    ['absent', 'PATCH', '/orders/1', { status: 'paid' }],
    ['absent', 'DELETE', '/orders/1'],
    ['wrong password', 'PUT', `/users/${user}/password`, next],
    [
      'wrong password', 'POST', `/users/${user}/email`,
      { current_password: 'wrong', new_email_address: 'new@example.com' }
    ],
    ['wrong password', 'DELETE', `/users/${user}`, { password: 'wrong' }],
    ['refused', 'POST', '/users/login', { email_address: 'user1@example.com', password: 'wrong' }],
    ['refused', 'POST', `/carts/${userId(2)}/checkout`],
    ['refused', 'POST', '/orders/', { user_id: user, items: [] }],
    ['refused', 'POST', '/orders/', { user_id: user, items: [{ product_id: 32, quantity: 2 }] }],
    ['refused', 'GET', '/orders/abc'],
    ['refused', 'PUT', `/users/${user}/password`, { current_password: 'password', new_password: 'short' }],
    ['refused', 'GET', '/users/abc'],
    ['refused', 'POST', '/query', { sql: 'select nonsense' }]
  ]
  for (const [kind, method, path, body] of cases) {
    const answer = await client.send(method, path, body)
    t.equal(kindOf(answer), kind, `${method} ${path} ${JSON.stringify(body)}: ${answer.error}`)
  }
})

t.test('pages of the catalogue, read by SQL, several statements each and all at once', async (t) => {
  const client = await openOlder(t)
  const joined =
    `from products.products p join products.departments d using (department_id) join products.aisles a using (aisle_id)
    left join products.product_enriched e using (product_id)`
  const statements: [string, unknown[]][] = [
    [
      `select p.product_id, p.product_name, d.department, a.aisle, e.price ${joined} order by p.product_id
        limit $1 offset $2`,
      [10, 5]
    ],
    [`select count(*) as total ${joined} where p.department_id = $1`, [1]],
    [`select p.*, e.description, e.price, e.image_url ${joined} where p.product_id = $1`, [7]],
    ['select department_id, department from products.departments order by department', []],
    [
      `select p.product_id ${joined} where p.product_name ilike $1 and e.price between $2 and $3 limit 25`,
      ['%product 1%', 1, 30]
    ]
  ]
  const asked = Array.from({ length: 50 }, (_, n) => statements[n % statements.length]!)
  const answers = await Promise.all(asked.map(
    async ([sql, params]) => await client.send('POST', '/query', { sql, params })
  ))
  t.strictSame(answers.filter(({ success }) => !success).map(({ error }) => error), [], '50 at once, 0 refused')
  all(t, answers, ({ data }) => data.length > 0, 'each has rows')

  const recommendations =
    'SELECT id, external_user_id, first_name, last_name FROM users.users WHERE external_user_id = $1'
  t.match(await client.send('POST', '/query', { sql: recommendations, params: [user] }), {
    success: true, data: [{ id: 1, external_user_id: user, first_name: 'User' }]
  })
})
