import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import { some, until } from './checks.ts'
import { openConsumer } from './consumer.ts'
import { openOwnShop, userId } from './helper.ts'

const read = async (name: string) => await readFile(join(import.meta.dirname, '..', name), 'utf8')
const document = parse(await read('asyncapi.yaml'))
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
ajv.addSchema(JSON.parse(await read('openapi.json')), 'file:///openapi.json')
ajv.addSchema(document, 'file:///asyncapi.yaml')

/** What is wrong with the payload or the headers of a message of the document. */
function faultsOf (message: string, part: 'payload' | 'headers', value: unknown): string {
  const validate = ajv.getSchema(`file:///asyncapi.yaml#/components/messages/${message}/${part}`)!
  return validate(value) ? '' : ajv.errorsText(validate.errors)
}

t.test('the examples are what the document says', async (t) => {
  for (const [name, { examples }] of some(t, Object.entries<any>(document.components.messages))) {
    for (const { payload } of some<{ payload: unknown }>(t, examples)) {
      t.equal(faultsOf(name, 'payload', payload), '')
    }
  }
  t.match(faultsOf('orderEvent', 'payload', { event_type: 'order' }), /must have required property 'order_id'/)
})

t.test('what is sent is what the document says', async (t) => {
  const consumer = await openConsumer(t)
  const { app, call, sql } = await openOwnShop(t, { WEBHOOK_PRIVATE_NETWORKS: 'true' })
  await app.events.register('notifications')
  const { id } = (await call('POST', '/api/v1/webhooks', { url: consumer.url })).json
  const { order_id: orderId } = (await call('POST', '/orders', {
    user_id: userId(1), items: [{ product_id: 1 }]
  })).json.data[0]
  for (const status of ['paid', 'cancelled']) await call('PATCH', `/orders/${orderId}`, { status })
  await call('POST', `/api/v1/webhooks/${id}/test`)
  await consumer.arrived(4)
  for (const { body, headers } of consumer.received) {
    const message = body.event_type === 'test' ? 'test' : 'signedOrderEvent'
    t.equal(faultsOf(message, 'payload', body), '', `a webhook: ${body.event_type}`)
    t.equal(faultsOf(message, 'headers', headers), '')
  }
  await until(async () => (await sql`select from orders.outbox where published_at is null`).length === 3, 'they wait')
  for (const { payload } of await sql`select payload from orders.outbox`) {
    t.equal(faultsOf('orderEvent', 'payload', payload), '', `for RabbitMQ: ${payload.event_type}`)
  }
})
