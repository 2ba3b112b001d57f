import { until } from '../../checks.ts'
import { place, times } from '../../placing.ts'
import {
  change, comesTo, hurry, idOf, KEPT, order, refusedOnce, wantsMail, withWebhook, type Incident
} from './staging.ts'

/** What support is asked about, and what the timeline then says. */
export const INCIDENTS: Incident[] = [
  {
    name: 'a double click, and once more when the response was lost',
    stage: async ({ shop }) => {
      const key = { 'idempotency-key': 'double-click', 'x-actor': 'shop front' }
      const answers = await times(2, async () => await place(shop, 1, [KEPT], key))
      return idOf([...answers, await place(shop, 1, [KEPT], key)].at(-1)!)
    },
    says: [
      ['created', /^Placed by shop front\.$/, { status: 'pending', changed_by: 'shop front', request_id: String }],
      ['stock', /^Stock was taken for the order: 2 of product 33\.$/, { quantities: { 33: -2 } }],
      ['event', /order_created was recorded/, { event_type: 'order_created', status: 'pending', event_id: String }],
      ['repeat', /has come 3 times with its Idempotency-Key/, { attempts: 3 }]
    ],
    never: ['changed']
  },
  {
    name: 'more wanted than there is: refused, and nothing of it is kept',
    stage: async ({ shop }) => {
      const id = await order(shop, 2)
      const wanted = await shop.call('POST', `/orders/${id}/items`, [{ product_id: 32, quantity: 2 }])
      if (wanted.status !== 409) throw new Error(wanted.text)
      return id
    },
    says: [['created', /^Placed\.$/], ['stock', /: 2 of product 33\.$/], ['event', /./]],
    never: ['changed', 'status', 'note']
  },
  {
    name: 'an order that others’ locks held up: tried again, and there once',
    stage: async ({ shop }) => {
      const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const hold = shop.sql.begin(async (sql) => {
        await sql`select from users.users where id = 3 for update`
        held.resolve()
        await free.promise
      })
      await held.promise
      const retries = async () => Number(/retries_total\{reason="lock"\} (\d+)/.exec(
        (await shop.call('GET', '/metrics')).text)?.[1] ?? 0)
      const before = await retries()
      const placing = place(shop, 3, [KEPT])
      await until(async () => await retries() > before, 'it is tried again')
      free.resolve()
      await hold
      return idOf(await placing)
    },
    says: [['created', /^Placed\.$/], ['stock', /: 2 of product 33\.$/], ['event', /order_created/]],
    never: ['changed', 'status']
  },
  {
    name: 'the address was changed by hand, in the database',
    stage: async ({ shop }) => {
      const id = await order(shop)
      await change(shop, id, { status: 'paid' })
      await shop.sql`update orders.orders set street_address = 'Elsewhere 7' where id = ${id}`
      return id
    },
    says: [
      ['status', /from pending to paid/],
      ['changed', /no history, last at this moment: address.*\(version 3\)\.$/]
    ]
  },
  {
    name: 'items were added later',
    stage: async ({ shop }) => {
      const id = await order(shop, 1, [KEPT, { product_id: 31, quantity: 1 }])
      await shop.call('POST', `/orders/${id}/items`, [{ product_id: 33, quantity: 5 }], { 'x-actor': 'Ada' })
      return id
    },
    says: [
      ['stock', /for the order: 1 of product 31, 2 of product 33\.$/, { quantities: { 31: -1, 33: -2 } }],
      ['stock', /for items that were added: 5 of product 33\.$/, { changed_by: 'Ada', quantities: { 33: -5 } }]
    ],
    // The lines were changed by what took the stock.
    never: ['changed', 'status']
  },
  {
    name: 'cancelled by somebody, and the stock came back',
    stage: async ({ shop }) => {
      const id = await order(shop)
      await change(shop, id, { status: 'cancelled', changed_by: 'Ada', note: 'ordered twice' })
      return id
    },
    says: [
      ['created', /./],
      ['status', /^The status went from pending to cancelled by Ada: ordered twice$/,
        { status: 'cancelled', changed_by: 'Ada', note: 'ordered twice', request_id: String }],
      ['stock', /returned, since the order was cancelled: 2 of product 33\.$/, { quantities: { 33: 2 } }],
      ['event', /order_cancelled/, { event_type: 'order_cancelled', status: 'cancelled' }]
    ],
    never: ['changed', 'note']
  },
  {
    name: 'a return that was taken back, and then a refund, each with who and why',
    stage: async ({ shop }) => {
      const id = await order(shop)
      await change(shop, id,
        { status: 'shipped', changed_by: 'warehouse' },
        { note: 'customer called', changed_by: 'Bo' },
        { status: 'delivered' },
        { status: 'return_requested', note: 'too small' },
        { status: 'delivered', note: 'kept' },
        { status: 'return_requested' },
        { status: 'returned' },
        { status: 'refunded', changed_by: 'Bo', note: 'in full' })
      return id
    },
    says: [
      ['status', /pending to shipped by warehouse\.$/],
      ['note', /^Remark by Bo: customer called$/, { status: 'shipped' }],
      ['status', /shipped to delivered/],
      ['status', /to return_requested: too small$/],
      ['status', /return_requested to delivered: kept$/],
      ['status', /to return_requested\.$/],
      ['status', /to returned/],
      ['status', /returned to refunded by Bo: in full$/, { status: 'refunded' }]
    ],
    never: ['changed']
  },
  {
    name: 'an invoice was stored',
    stage: async ({ shop }) => {
      const id = await order(shop)
      await shop.app.orders.storeInvoice(String(id), 'application/pdf', Buffer.from('%PDF-1.7'))
      return id
    },
    says: [['created', /./], ['invoice', /^The invoice was stored: application\/pdf, 8 bytes\.$/]],
    never: ['changed']
  },
  {
    name: 'the email bounced for good, and the one before arrived',
    stage: async ({ shop, mail }) => {
      await wantsMail(shop, 4)
      const id = await order(shop, 4)
      await change(shop, id, { status: 'paid' })
      await comesTo(shop, id, { kind: 'email', state: 'delivered' })
      mail.behave({ status: 550, message: 'no such mailbox' })
      await change(shop, id, { status: 'shipped' })
      await comesTo(shop, id, { kind: 'email', state: 'failed' })
      mail.behave('accept')
      return id
    },
    says: [
      ['status', /to paid/],
      ['email', /^The email about the status paid was accepted at attempt 1\.$/,
        { status: 'paid', state: 'delivered' }],
      ['status', /to shipped/],
      ['email', /about the status shipped failed for good after one attempt: .*550/,
        { state: 'failed', attempts: 1, last_error: /550/ }]
    ]
  },
  {
    name: 'the webhook is down',
    stage: async (scene) => await withWebhook(scene, async () => await refusedOnce(scene)),
    says: [
      ['event', /order_created was recorded: number \d+ in the feed\.$/],
      ['webhook', /waits after one attempt, until 20.*: HTTP 503$/,
        { state: 'waiting', attempts: 1, last_error: 'HTTP 503', webhook_id: Number, event_type: 'order_created' }]
    ]
  },
  {
    name: 'the webhook was down, then it was delivered',
    stage: async (scene) => await withWebhook(scene, async () => {
      const { shop, consumer } = scene
      const id = await refusedOnce(scene)
      consumer.reply({ status: 204 })
      await hurry(shop)
      await comesTo(shop, id, { kind: 'webhook', state: 'delivered' })
      return id
    }),
    says: [
      ['webhook', /^The event order_created to webhook \d+ \(127\.0\.0\.1:\d+\) was accepted at attempt 2\.$/,
        { state: 'delivered', attempts: 2, event_type: 'order_created' }]
    ]
  },
  {
    name: 'the consumer wanted no more: the webhook was switched off, and what follows goes to nobody',
    stage: async (scene) => await withWebhook(scene, async () => {
      const { shop, consumer } = scene
      consumer.reply({ status: 410 })
      const id = await order(shop)
      await until(async () =>
        (await shop.sql`select from gateway.webhooks where disabled_reason is not null`).length > 0,
      'it is switched off')
      await change(shop, id, { status: 'paid' })
      return id
    }),
    says: [
      ['webhook', /waits after one attempt: HTTP 410 – The webhook is switched off: 410: the consumer wants no more$/,
        { state: 'waiting', attempts: 1, last_error: 'HTTP 410', event_type: 'order_created' }],
      ['status', /to paid/],
      ['event', /order_status_updated/]
    ]
  },
  {
    name: 'a webhook got nothing for three days',
    stage: async (scene) => await withWebhook(scene, async () => {
      const { shop } = scene
      await shop.sql`update gateway.webhooks set paused_until = 'infinity' where deleted_at is null`
      const id = await order(shop)
      await comesTo(shop, id, { kind: 'webhook', state: 'waiting' })
      await shop.sql`update gateway.webhook_deliveries set expires_at = now() where order_id = ${id}`
      await shop.app.webhooks.expire(10)
      return id
    }),
    says: [['webhook', /failed for good: not delivered within three days$/, { state: 'failed', attempts: 0 }]]
  },
  {
    name: 'the order was deleted: what is left of it',
    stage: async ({ shop }) => {
      const id = await order(shop)
      await shop.call('DELETE', `/orders/${id}`)
      return id
    },
    says: [
      ['stock', /for the order: 2 of product 33\.$/], ['event', /order_created/],
      ['stock', /since the order was deleted: 2 of product 33\.$/]
    ],
    never: ['created', 'changed'],
    deleted: true
  }
]
