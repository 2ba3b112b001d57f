import t from 'tap'
import { HOSTILE_BODIES } from '../../scripts/trials/hostile-bodies.ts'
import { NOBODY, openOwnShop } from '../helper.ts'
import { listOperations } from '../operations.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const ADMIN = { 'x-user-id': 'somebody', 'x-user-email': 'somebody@example.com', 'x-user-role': 'admin' }
const PARAMETERS: Record<string, string> = { user_id: NOBODY, order_id: '1', product_id: '1', queue: 'emails', id: '1' }

/** CPU time of the process in ms: unlike time on the clock, it is the same on a busy machine. */
async function cost (work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

t.test('no body costs more than parsing alone may, on any route', async (t) => {
  const shop = await openOwnShop(t, { RATE_LIMIT: '0' })
  const { app } = shop
  const routes = listOperations(shop).filter(({ operation }) => operation.requestBody?.content['application/json'])
    .flatMap(
      ({ method, template }) => template.startsWith('/api')
        ? [[method, template]]
        : [[method, template], [method, `/legacy${template}`]]
    )
    .concat([['POST', '/nothing/here']])
  t.ok(routes.length > 40, `${routes.length} routes`)

  // What the bodies of the worst kind cost where nobody looks at them before they are parsed.
  const plain = await cost(() => JSON.parse(HOSTILE_BODIES['objects of different names']!))
  let worst = 0
  for (const [method, path] of routes as [string, string][]) {
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? '1')
    const headers = { ...JSON_TYPE, ...path.startsWith('/api') ? ADMIN : {}, 'idempotency-key': NOBODY }
    for (const [kind, payload] of Object.entries(HOSTILE_BODIES)) {
      let least = Infinity
      // A collection of garbage, or the compiling of a schema, is not the body's.
      for (let attempt = 1; attempt <= 5 && least > plain; attempt++) {
        const answered = await cost(async () => {
          const { statusCode } = await app.inject({ method: method as 'POST', url, headers, payload })
          if (statusCode >= 500) t.fail(`${method} ${path}, ${kind}: ${statusCode}`)
        })
        least = Math.min(least, answered)
      }
      if (least > plain) t.fail(`${method} ${path}, ${kind}: ${Math.round(least)} ms of CPU`)
      worst = Math.max(worst, least)
    }
  }
  t.ok(worst <= plain, `${Math.round(worst)} ms of CPU at most, where parsing alone takes ${Math.round(plain)} ms`)
})
