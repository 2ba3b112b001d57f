// What the incidents of incidents.ts are brought about with.
import { until } from '../../checks.ts'
import type { Consumer } from '../../consumer.ts'
import type { Shop } from '../../helper.ts'
import type { TestMailServer } from '../../mail-server.ts'
import { place } from '../../placing.ts'

export interface Entry { at: string, kind: string, summary: string, [fact: string]: unknown }
export interface Scene { shop: Shop, mail: TestMailServer, consumer: Consumer }

/** What support is asked about: what is brought about, and what the timeline then says, in this order. */
export interface Incident {
  name: string
  /** Returns the order. */
  stage (scene: Scene): Promise<number>
  /** Entries that follow each other, others among them. */
  says: [kind: string, summary: RegExp, facts?: object][]
  /** Kinds that it says nothing of. */
  never?: string[]
  deleted?: boolean
}

export const KEPT = { product_id: 33, quantity: 2 }

export const timeline = async ({ call }: Shop, id: number) => (await call('GET', `/api/v1/orders/${id}/timeline`)).json
export const entriesOf = async (shop: Shop, id: number): Promise<Entry[]> => (await timeline(shop, id)).entries
export const idOf = (placed: { json: any }): number => Number(placed.json.data[0].order_id)
export const order = async (shop: Shop, user = 1, items = [KEPT]) => idOf(await place(shop, user, items))

export async function change ({ call }: Shop, id: number, ...changes: object[]): Promise<void> {
  for (const body of changes) {
    const answer = await call('PATCH', `/orders/${id}`, body)
    if (answer.status !== 200) throw new Error(answer.text)
  }
}

export const comesTo = async (shop: Shop, id: number, facts: object) => await until(async () =>
  (await entriesOf(shop, id)).some((entry) => Object.entries(facts).every(([name, value]) => entry[name] === value)),
`an entry with ${JSON.stringify(facts)}`)

/** A webhook for as long as an incident takes. */
export async function withWebhook ({ shop, consumer }: Scene, work: () => Promise<number>): Promise<number> {
  await shop.call('POST', '/api/v1/webhooks', { url: consumer.url })
  return await work()
}

export async function refusedOnce ({ shop, consumer }: Scene): Promise<number> {
  consumer.reply({ status: 503 })
  const id = await order(shop)
  await comesTo(shop, id, { kind: 'webhook', state: 'waiting', last_error: 'HTTP 503' })
  return id
}

/** The next attempts need not be waited for. */
export const hurry = async ({ sql }: Shop) => {
  await sql`update gateway.webhook_deliveries set next_attempt_at = now()
    where is_delayed and delivered_at is null and failed_at is null`
  await sql`update gateway.webhooks set paused_until = null`
}

export const wantsMail = async ({ sql }: Shop, n: number) => {
  await sql`update users.users set order_notifications_via_email = true where id = ${n}`
}
