/**
 * The minimal gateway: bare Fastify and the stock driver, no hooks, no log, no checks. It answers the thirteen requests
 * of the benchmark with the same bytes as the gateway, from statements of its own: the fixed reference, or the best
 * ones known.
 *
 *   DATABASE_URL=… node scripts/bench/minimal.ts PORT reference|best
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import postgres, { type Row } from 'postgres'
import { PAGE, PRODUCT, USER } from './minimal-schemas.ts'

const [port, kind] = [Number(process.argv[2]), process.argv[3]!]

/** The best statement known is the reference where there is no other. */
const texts = new Map([...new Set(['reference', kind])].flatMap((folder) => {
  const path = join(import.meta.dirname, folder)
  return readdirSync(path).filter((file) => file.endsWith('.sql'))
    .map((file) => [file.slice(0, -'.sql'.length), readFileSync(join(path, file), 'utf8')] as const)
}))

const number = { to: 1700, from: [20, 1700], serialize: String, parse: Number }
const json = { to: 3802, from: [114, 3802], serialize: (value: unknown) => value, parse: JSON.parse }
const timestamp = {
  to: 1184, from: [1184], serialize: (value: string) => value, parse: (text: string) => `${text.replace(' ', 'T')}:00`
}
const textList = {
  to: 1009, from: [1009], serialize: (list: string[]) => `{${list.map((text) => JSON.stringify(text)).join(',')}}`
}

const sql = postgres(process.env.DATABASE_URL!, {
  max: 6,
  fetch_types: false,
  types: { number, json, timestamp, texts: { ...textList, parse: String } } as never,
  connection: {
    application_name: 'bench-minimal',
    TimeZone: 'UTC',
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    jit: 'off'
  } as never
})

type Parameter = string | number | boolean | null | string[]

async function all (name: string, parameters: Parameter[]): Promise<Row[]> {
  return await sql.unsafe(texts.get(name)!, parameters as never[], { prepare: true, simple: false } as never)
}
const first = async (name: string, ...parameters: Parameter[]): Promise<Row> => (await all(name, parameters))[0]!

const fastify = Fastify({ logger: false })
const JSON_TYPE = 'application/json; charset=utf-8'

fastify.get('/livez', { schema: { response: { 200: { type: 'object', properties: { status: { type: 'string' } } } } } },
  async () => ({ status: 'alive' }))

fastify.get<{ Params: { id: string } }>('/products/:id', { schema: { response: { 200: PRODUCT } } },
  async ({ params }) => await first('products-find', Number(params.id)))

fastify.get<{ Params: { id: string } }>('/users/:id', { schema: { response: { 200: USER } } },
  async ({ params }) => await first('users-find', params.id))

interface PageQuery { limit?: string, offset?: string, categories?: string, q?: string }
fastify.get<{ Querystring: PageQuery }>('/products', { schema: { response: { 200: PAGE } } }, async ({ query }) => {
  const [limit, offset] = [Number(query.limit ?? 25), Number(query.offset ?? 0)]
  const where = [query.categories === undefined ? null : [query.categories], null, null]
  const page = [null, limit + 1, offset]
  if (query.q !== undefined) {
    const found = await all('products-search', [...where, ...page, null, null, query.q, null])
    return pageOf(found.filter(({ product_id: id }) => id !== null), found[0]!.total, limit, offset, found[0]!.is_near)
  }
  // The best statement brings the total along.
  if (texts.has('products-page')) {
    const found = await all('products-page', [...where, ...page, null])
    return pageOf(found.filter(({ product_id: id }) => id !== null), found[0]!.total, limit, offset)
  }
  const [found, counted] = await Promise.all([
    all('products-list', [...where, ...page, null]), first('products-count', ...where, null)
  ])
  return pageOf(found, counted.total, limit, offset)
})

function pageOf (found: Row[], total: number, limit: number, offset: number, isNear = false) {
  const products = found.slice(0, limit)
  const isLast = found.length <= limit || isNear
  return {
    products,
    total,
    limit,
    offset,
    has_next: offset + limit < total,
    has_prev: offset > 0,
    next_cursor: isLast ? null : Buffer.from(`p${products.at(-1)!.product_id}`).toString('base64url')
  }
}

fastify.get<{ Params: { id: string } }>('/carts/:id', async ({ params }, reply) => {
  return reply.type(JSON_TYPE).send((await first('carts-find', params.id)).document)
})

const envelope = (message: string, documents: string, rest = '') =>
  `{"success":true,"message":"${message}","data":${documents}${rest}}`

fastify.get<{ Params: { id: string } }>('/orders/:id', async ({ params }, reply) => {
  const { order_id: id, document } = await first('orders-find', params.id)
  return reply.type(JSON_TYPE).send(envelope(`Order ${id} details retrieved successfully`, `[${document}]`))
})

const cursorOf = (place: string | null) => place === null ? null : Buffer.from(`o${place}`).toString('base64url')

fastify.get<{ Params: { id: string } }>('/orders/user/:id', async ({ params }, reply) => {
  const { total, documents, next_cursor: next } = await first('orders-list', params.id, null, null, null, null, null,
    null, 20, 0)
  const rest = JSON.stringify({ total, limit: 20, offset: 0, next_cursor: cursorOf(next) }).slice(1, -1)
  return reply.type(JSON_TYPE).send(envelope(`Found ${total} orders for user ${params.id}`, documents, `,${rest}`))
})

fastify.get<{ Querystring: { status?: string, offset?: string } }>('/api/v1/orders', async ({ query }, reply) => {
  const offset = Number(query.offset ?? 0)
  const { documents, next_cursor: next, ...sums } = await first(
    'orders-list-managed', null, query.status ?? null, null, null, null, null, null, 20, offset)
  const rest = JSON.stringify({ limit: 20, offset, ...sums, next_cursor: cursorOf(next) }).slice(1)
  return reply.type(JSON_TYPE).send(`{"orders":${documents},${rest}`)
})

fastify.post<{ Params: { id: string } }>('/carts/:id/items', async ({ params, body }, reply) => {
  return reply.type(JSON_TYPE).send((await first('carts-add-item', params.id, JSON.stringify(body), null)).document)
})

async function place (operation: string, input: object, requestId: string): Promise<string> {
  const context = {
    actor: null, request_id: requestId, caller: 'bench', idempotency_key: null, request_hash: null, meaning_hash: null
  }
  const { answer } = await first('orders-place', operation, JSON.stringify({ ...input, sell_unpriced: false }),
    JSON.stringify(context))
  return envelope('Order created successfully', `[${answer}]`)
}

fastify.post('/orders', async ({ body, id }, reply) => {
  return reply.code(201).type(JSON_TYPE).send(await place('place', body as object, id))
})

fastify.post<{ Params: { id: string } }>('/carts/:id/checkout', async ({ params, id }, reply) => {
  return reply.code(201).type(JSON_TYPE).send(await place('checkout', { user_id: params.id, if_match: null }, id))
})

await fastify.listen({ port, host: '127.0.0.1' })
process.on('SIGTERM', async () => {
  await fastify.close()
  await sql.end({ timeout: 1 })
  process.exit(0)
})
