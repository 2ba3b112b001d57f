import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import openapiTS, { astToString } from 'openapi-typescript'
import { openOwnShop } from '../helper.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** What a backend engineer writes against the generated types; each wrong line is one that the compiler must find. */
const CLIENT = `
import createClient from 'openapi-fetch'
import type { paths } from './db-service.ts'

const client = createClient<paths>({ baseUrl: process.argv[2]!, headers: { 'X-API-Key': 'key' } })
const user = '00000000-0000-4000-8000-000000000001'

const placed = await client.POST('/orders', { body: { user_id: user, items: [{ product_id: 7, quantity: 2 }] } })
if (!placed.data) throw new Error(placed.error.detail)
const [order] = placed.data.data
const found = await client.GET('/orders/{order_id}', { params: { path: { order_id: order!.order_id } } })
const total: number | undefined = found.data?.data[0]?.total_price
const missing = await client.GET('/products/{product_id}', { params: { path: { product_id: 99999 } } })
const page = await client.GET('/products', { params: { query: { categories: ['frozen'], limit: 2 } } })

// @ts-expect-error an order has no such field
console.error(order!.nonsense)
// @ts-expect-error items are required
void (() => client.POST('/orders', { body: { user_id: user } }))
// @ts-expect-error there is no such route
void (() => client.GET('/nothing'))

console.log(JSON.stringify({
  status: placed.response.status, total, refusal: missing.error?.code, products: page.data?.products.length
}))
`

t.test('openapi.json is what the routes say now: npm run openapi writes it', async (t) => {
  const { app } = await openOwnShop(t)
  const file = JSON.parse(await readFile(join(root, 'openapi.json'), 'utf8'))
  t.strictSame(file, JSON.parse(JSON.stringify(app.swagger())), 'else: npm run openapi')
})

t.test('a typed client, generated from the document, compiles and works', async (t) => {
  const { app } = await openOwnShop(t, { API_KEYS: 'key' })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const folder = await mkdtemp(join(tmpdir(), 'db-service-client-'))
  t.teardown(async () => await rm(folder, { recursive: true }))

  await writeFile(join(folder, 'db-service.ts'),
    astToString(await openapiTS(JSON.parse(JSON.stringify(app.swagger())))))
  await writeFile(join(folder, 'client.ts'), CLIENT)
  const [, snippet = ''] = /```ts\n([^]*?)```/.exec(await readFile(join(root, 'docs/clients.md'), 'utf8')) ?? []
  t.match(snippet, 'createClient', 'docs/clients.md shows one, too')
  await writeFile(join(folder, 'shown.ts'), snippet)
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const options =
    '--noEmit --strict --skipLibCheck --module nodenext --target es2024 --allowImportingTsExtensions --types node'
  await run(process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), 'client.ts', 'shown.ts'], { cwd: folder })
    .catch((error: { stdout: string }) => t.fail(error.stdout))

  const { stdout, stderr } = await run(process.execPath, ['client.ts', address], { cwd: folder })
  t.equal(stderr.trim(), 'undefined')
  t.same(JSON.parse(stdout), { status: 201, total: 15.98, refusal: 'PRODUCT_NOT_FOUND', products: 2 })
})
