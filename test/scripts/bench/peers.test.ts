import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { differenceOf, type Value } from '../../../scripts/bench/peers/equal.ts'
import { PEERS, sentTo } from '../../../scripts/bench/peers/index.ts'
import { reasonOf } from '../../../scripts/bench/peers/install.ts'
import { OURS } from '../../../scripts/bench/peers/peer.ts'
import { platformatic } from '../../../scripts/bench/peers/platformatic.ts'
import { postgraphile } from '../../../scripts/bench/peers/postgraphile.ts'
import { tables } from '../../../scripts/bench/report.ts'
import type { Run } from '../../../scripts/bench/run.ts'
import type { Shop } from '../../../scripts/bench/shop.ts'

const bench = (args: string[], env: Record<string, string> = {}) => spawnSync(process.execPath,
  [join(import.meta.dirname, '../../../scripts/bench/index.ts'), ...args],
  { encoding: 'utf8', env: { ...process.env, ...env } })

t.test('--peers goes with the requests that peers can answer, and not with --quick', async (t) => {
  t.match(bench(['--peers', '--quick']), { status: 2, stdout: '', stderr: /^--peers takes longer than --quick may/ })
  t.match(bench(['--peers', '--only', 'livez,cart']), {
    status: 2, stdout: '', stderr: /^--peers goes with one of user, page, order\n/
  })
  t.match(bench(['--help']), { status: 0, stdout: /--peers +then user, page, order beside PostGraphile/ })
})

t.test('A registry that is away is said in a sentence, before anything is started', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'db-service-peers-'))
  t.teardown(async () => await rm(folder, { recursive: true }))
  const { status, stdout, stderr } = bench(['--peers'], {
    // Port 9 discards, where anybody listens at all.
    npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(folder, 'npm'), XDG_CACHE_HOME: folder
  })
  t.equal(status, 1)
  t.equal(stdout, '')
  t.match(stderr.trim().split('\n').slice(1), [
    /^postgraphile \d+\.\d+\.\d+ could not be installed: the registry of npm is away \(ECONNREFUSED\)\. Without --peers/
  ])
  t.same(await readdir(join(folder, 'db-service-bench')), [], 'no half installation is left')
})

t.test('Why npm failed', async (t) => {
  const said = (code: string) => `npm error code ${code}\nnpm error network request failed.\nnpm error A complete log`
  t.equal(reasonOf({ code: 'ENOENT' }), 'there is no npm on this machine')
  t.equal(reasonOf({ code: 1, stderr: said('ENOTFOUND') }), 'the registry of npm is away (ENOTFOUND)')
  t.equal(reasonOf({ code: 1, stderr: said('ETARGET') }), 'the registry of npm does not have it (ETARGET)')
  t.equal(reasonOf({ code: 1, stderr: said('EACCES') }), 'npm says network request failed')
  t.equal(reasonOf({ code: null, killed: true }), 'npm was not ready within 15 minutes')
})

const USER = '54e02e9f-e6c8-50c3-9b2e-87f37ee5b745'

t.test('Every request of ours has its like at each peer, about the same thing', async (t) => {
  const shop = { users: [USER, 'second'], orders: ['1001', '1002'] } as Shop
  for (const peer of PEERS) {
    t.match(peer.package.version, /^\d+\.\d+\.\d+$/, `${peer.name} is pinned`)
    const { user, page, order } = sentTo(peer, shop)
    t.equal(user.length, 2)
    t.same(page.map(({ body }) => JSON.parse(body!).variables.offset), [0, 25, 50, 75])
    t.same(order.map(({ body }) => JSON.parse(body!).variables.id), ['1001', '1002'])
    t.same([...new Set([...page, ...order].map(({ method, path }) => `${method} ${path}`))], ['POST /graphql'])
  }
  t.same(JSON.parse(sentTo(postgraphile, shop).user[0]!.body!).variables, { id: USER })
  t.match(sentTo(platformatic, shop).user[0], {
    method: 'GET', path: `/usersUsers/?where.externalUserId.eq=${USER}&limit=1&fields=externalUserId,firstName,`
  })
  const { query } = JSON.parse(sentTo(postgraphile, shop).page[0]!.body!)
  for (const field of ['product_id: productId', 'total: totalCount', 'first: 25', 'price: price']) {
    t.ok(query.includes(field), field)
  }
})

t.test('Values that mean the same are the same, and nothing else is', async (t) => {
  const ours: Value = {
    id: 7, price: 9.5, at: '2026-10-29T07:41:12.123456+00:00', note: null, list: [{ n: 0 }, { n: 1 }]
  }
  const changed = (change: Record<string, Value>): Value => ({ ...ours, ...change })
  t.equal(differenceOf(ours, ours), null)
  t.equal(differenceOf(ours, changed({ id: '7', price: '9.50', at: '2026-10-29T08:41:12.123+01:00' })), null)
  t.equal(differenceOf(ours, changed({ id: '8' })), 'id is "8" instead of 7')
  t.equal(differenceOf(ours, changed({ at: '2026-10-29T07:41:12.124Z' })),
    `at is "2026-10-29T07:41:12.124Z" instead of "${String(ours.at)}"`)
  t.equal(differenceOf(ours, changed({ note: '' })), 'note is "" instead of null')
  t.equal(differenceOf({ n: 0 }, { n: null }), 'n is null instead of 0')
  t.equal(differenceOf({ n: 0 }, { n: '' }), 'n is "" instead of 0')
  t.equal(differenceOf({ n: 0 }, {}), 'n is undefined instead of 0')
  t.equal(differenceOf({ n: '07' }, { n: 7 }), 'n is 7 instead of "07"')
  t.equal(differenceOf(ours, changed({ list: [{ n: 1 }, { n: 0 }] })), 'list[0].n is 1 instead of 0')
  t.equal(differenceOf(ours, changed({ list: [{ n: 0 }] })), 'list has 1 entries instead of 2')
  t.equal(differenceOf(ours, changed({ password: 'x' })), 'the response has password as well')
  t.equal(differenceOf({ n: {} }, { n: [] }), 'n is [] instead of {}')
})

t.test('The nested rows of peers become ours', async (t) => {
  const ours = OURS.page({
    products: [{
      product_id: 1,
      product_name: 'Pears',
      department_id: 2,
      department_name: 'Fruit',
      aisle_id: null,
      aisle_name: null,
      description: null,
      price: 1.2,
      image_url: null
    }],
    total: 1,
    limit: 25
  } as never)
  const enriched = { description: null, price: '1.20', image_url: null }
  const page = {
    total: 1,
    products: [{
      product_id: 1,
      product_name: 'Pears',
      department_id: 2,
      aisle_id: null,
      department: { department_name: 'Fruit' },
      aisle: null,
      enriched
    }]
  }
  t.equal(differenceOf(ours, postgraphile.rows.page({ data: { page } } as never)), null)
  const products = [{
    product_id: '1',
    product_name: 'Pears',
    department: { department_id: '2', department_name: 'Fruit' },
    aisle: null,
    enriched
  }]
  t.equal(differenceOf(ours, platformatic.rows.page({ data: { products, count: { total: 1 } } } as never)), null)
  // Without a row of its own a product has no price: that must not pass for the same.
  products[0]!.enriched = null as never
  t.equal(differenceOf(ours, platformatic.rows.page({ data: { products, count: { total: 1 } } } as never)),
    'products[0].price is null instead of 1.2')
})

t.test('The lines of an order are compared in the order of the cart, whatever order they come in', async (t) => {
  const product = { department: null, aisle: null, enriched: null }
  const nodes = [{ product_id: 1, add_to_cart_order: 2, product }, { product_id: 9, add_to_cart_order: 1, product }]
  const order = {
    order_id: '5',
    user: null,
    invoice: { orderId: '5' },
    tracking_url: 'javascript:alert(1)',
    items: { nodes },
    status_history: { nodes: [{ history_id: '3' }] }
  }
  const { items, ...rest } = postgraphile.rows.order({ data: { order } } as never) as {
    items: { product_id: number }[]
  }
  t.same(items.map(({ product_id: id }) => id), [9, 1])
  t.same(rest, {
    order_id: '5',
    user_id: null,
    tracking_url: null,
    invoice: '/orders/5/invoice',
    status_history: [{ history_id: '3', order_id: '5' }]
  })
})

t.test('The table names the versions, and both sides of each ratio', async (t) => {
  const figures = { perSecond: 100, p50: 1, p99: 2, gateway: 50, database: 1, generator: 1, others: 0, noise: 0.01 }
  const run: Run = {
    date: new Date(0),
    about: 'a shop',
    settings: { rounds: 1, seconds: 1, connections: 1 },
    load: [0, 0],
    postgres: '18',
    cases: [],
    fault: undefined,
    peers: [{
      request: 'user',
      peer: 'PostGraphile',
      version: '5.0.0',
      ours: figures,
      theirs: { ...figures, perSecond: 25, gateway: 200, p50: 4, p99: 8 },
      ratio: 4,
      cpuRatio: 0.25
    }]
  }
  const text = tables(run)
  t.match(text, /^Beside PostGraphile 5\.0\.0$/m)
  t.match(text.replace(/ +/g, ' '),
    '| user | PostGraphile | 100 | 25 | 4.00 | 50 | 200 | 0.25 | 1.0 | 4.0 | 2.0 | 8.0 | ±1 % | 0 % |')
  t.notMatch(tables({ ...run, peers: [] }), 'Beside')
})
