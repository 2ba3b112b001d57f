/**
 * PostGraphile on the shop's three schemas, as its documentation has it in production: the Amber preset, no watching,
 * no GraphiQL, no explanations.
 *
 *   DATABASE_URL=… node scripts/bench/peers/postgraphile-server.ts PORT POOL FOLDER
 *
 * FOLDER is where it is installed: it is none of this project's dependencies.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [port, pool, folder] = process.argv.slice(2) as [string, string, string]
const load = createRequire(join(folder, 'package.json'))

const { postgraphile } = load('postgraphile')
const { PostGraphileAmberPreset } = load('postgraphile/presets/amber')
const { makePgService } = load('postgraphile/adaptors/pg')
const { grafserv } = load('postgraphile/grafserv/node')

const server = createServer()
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({
    connectionString: process.env.DATABASE_URL,
    schemas: ['users', 'products', 'orders'],
    pubsub: false,
    poolConfig: { max: Number(pool) }
  })],
  grafserv: { watch: false, graphiql: false, websockets: false },
  grafast: { explain: false }
})
await instance.createServ(grafserv).addTo(server)
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
