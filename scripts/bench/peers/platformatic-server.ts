/**
 * Platformatic DB on the shop's three schemas, as in production, in this process: its runtime would give it a thread
 * of its own. Without events: it cannot make subscriptions for tables whose key is a foreign one.
 *
 *   DATABASE_URL=… node scripts/bench/peers/platformatic-server.ts PORT POOL FOLDER
 *
 * FOLDER is where it is installed: it is none of this project's dependencies.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const HOST = '127.0.0.1'
const [port, pool, folder] = process.argv.slice(2) as [string, string, string]
const load = createRequire(join(folder, 'package.json'))
const { create } = await import(pathToFileURL(load.resolve('@platformatic/db')).href)

interface Application {
  graphql: { extendSchema (text: string): void, defineLoaders (loaders: object): void }
  platformatic: { entities: Record<string, { find (options: object): Promise<Row[]> }> }
}
interface Row { productId: number | string }

/**
 * What it makes of a foreign key looks from the other side for a column named id, which a product has not. So this
 * relation is written as its documentation has it for those: a field with a loader, which asks once for a whole page.
 */
async function addEnriched ({ graphql, platformatic: { entities } }: Application): Promise<void> {
  graphql.extendSchema('extend type ProductsProduct { enriched: ProductsProductEnriched }')
  graphql.defineLoaders({
    ProductsProduct: {
      enriched: async (queries: { obj: Row }[], ctx: object) => {
        const ids = queries.map(({ obj }) => obj.productId)
        const rows = await entities.productsProductEnriched!.find({
          where: { productId: { in: ids } }, limit: ids.length, ctx
        })
        const found = new Map(rows.map((row) => [String(row.productId), row]))
        return ids.map((id) => found.get(String(id)) ?? null)
      }
    }
  })
}
// Of the application itself, not of a scope below it.
Object.assign(addEnriched, { [Symbol.for('skip-override')]: true })

const capability = await create(folder, {
  server: { hostname: HOST, port: Number(port), logger: { level: 'warn' } },
  db: {
    connectionString: process.env.DATABASE_URL,
    schema: ['users', 'products', 'orders'],
    poolSize: Number(pool),
    graphql: { graphiql: false },
    openapi: true,
    events: false
  },
  watch: false
}, { isProduction: true, isEntrypoint: true, fastifyPlugins: [addEnriched] })
// In a container it takes every interface, whatever was asked for: here the shop would be open to all of the network.
capability.config.server.hostname = HOST
await capability.init()
await capability.start({ listen: true })
if (new URL(capability.url).hostname !== HOST) throw new Error(`it listens at ${capability.url}, not at ${HOST} alone`)
process.on('SIGTERM', () => process.exit(0))
