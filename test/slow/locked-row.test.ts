import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { all } from '../checks.ts'
import { openOwnShop, userId } from '../helper.ts'
import { time, type Timed } from './timed.ts'

/** A request that waits for a row of others' is told within 2 s; and a little for this machine. */
const LOCKED_WITHIN = 2500

t.test('a row that others hold costs those who want it, and nobody else', async (t) => {
  const shop = await openOwnShop(t)
  const { sql } = shop
  await sql`insert into products.inventory (product_id, stock) values (5, 1000), (6, 1000)`
  const order = (user: number, product: number) => ({ user_id: userId(user), items: [{ product_id: product }] })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: locked, resolve: haveLocked } = Promise.withResolvers<void>()
  const holder = sql.begin(async (own) => {
    await own`select from products.inventory where product_id = 5 for update`
    haveLocked()
    await held
  })
  await locked

  const wanting = Array.from({ length: 40 }, async (_, n) => await time(shop, 'POST', '/orders', order(n % 5 + 1, 5)))
  await sleep(150)
  const others: Record<string, Timed[]> = {}
  const watch = async (name: string, request: () => Promise<Timed>) => {
    others[name] = []
    for (let n = 0; n < 15; n++) {
      others[name].push(await request())
      await sleep(50)
    }
  }
  await Promise.all([
    watch('a product', async () => await time(shop, 'GET', '/products/5')),
    watch('a list', async () => await time(shop, 'GET', '/orders')),
    // Nobody who wants the row: theirs wait for their own customer's row as well.
    watch('a login',
      async () => await time(shop, 'POST', '/users/login', { email_address: 'user1@example.com', password: 'wrong' })),
    watch('ready', async () => await time(shop, 'GET', '/readyz')),
    watch('health', async () => await time(shop, 'GET', '/health')),
    watch('metrics', async () => await time(shop, 'GET', '/metrics'))
  ])
  for (const [name, answers] of Object.entries(others)) {
    all(t, answers, ({ status }) => [200, 401].includes(status), name)
    t.comment(`${name}: at most ${Math.max(...answers.map(({ ms }) => ms)).toFixed()} ms`)
  }
  for (const { status, code, ms, retryAfter } of await Promise.all(wanting)) {
    t.match({ status, code, retryAfter }, { status: 503, code: 'ROW_LOCKED', retryAfter: /\d/ })
    t.ok(ms < LOCKED_WITHIN, `${ms.toFixed()} ms`)
  }
  letGo()
  await holder
  t.equal((await time(shop, 'POST', '/orders', order(1, 5))).status, 201, 'and then it is sold')
  const [row] = await sql`select stock from products.inventory where product_id = 5`
  t.equal(row!.stock, 999, 'once')
})

t.test('orders of other products go on beside a locked row, which is sold as soon as it is free', async (t) => {
  const shop = await openOwnShop(t)
  const { sql } = shop
  await sql`insert into products.inventory (product_id, stock) values (5, 1000), (6, 1000)`
  const users = await sql<{ id: string }[]>`
    insert into users.users (first_name, last_name, email_address)
    select 'User', n::text, 'buyer' || n || '@example.com' from generate_series(1, 200) n returning external_user_id
    as id`
  let next = 0
  const order = async (product: number) => await time(shop, 'POST', '/orders', {
    user_id: users[next++ % 200]!.id, items: [{ product_id: product }]
  })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: locked, resolve: haveLocked } = Promise.withResolvers<void>()
  const holder = sql.begin(async (own) => {
    await own`select from products.inventory where product_id = 5 for update`
    haveLocked()
    await held
  })
  await locked
  const wanting = Array.from({ length: 50 }, async () => await order(5))
  const others: Timed[] = []
  for (let n = 0; n < 20; n++) others.push(await order(6))
  all(t, others, ({ status }) => status === 201, 'all are placed')
  t.comment(`at most ${Math.max(...others.map(({ ms }) => ms)).toFixed()} ms beside 50 who want the locked one`)
  const freed = performance.now()
  letGo()
  await holder
  const placed = (await Promise.all(wanting)).filter(({ status }) => status === 201).length
  t.comment(`${placed} of 50 were in time; ${(performance.now() - freed).toFixed()} ms after it was free all was done`)
  const [row] = await sql`select stock from products.inventory where product_id = 5`
  t.equal(row!.stock, 1000 - placed, 'each sold once')
})
