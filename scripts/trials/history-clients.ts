import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../generate/random.ts'
import { format, GONE, type Input, type Output, type ShopOperation } from './shop-models.ts'

interface Order { id: string, user: string, lines: { product_id: number, quantity: number }[], isCancelled: boolean }
interface Answer { status: number, body: any }

/** What all clients did, by the thing they did it to, and what explains holes in the numbers of orders. */
export interface History {
  things: Map<string, ShopOperation[]>
  /** Users of whose orders not everything is known: nobody knows the number of one that may have been placed. */
  uncertain: Set<string>
  deletions: number
  requests: number
}

export interface World { gateways: () => string[], users: string[], products: number[], seed: number }

const PATIENCE_MS = 60_000
const PAUSE_MS = 80
/** So many orders, those placed last, are what clients meet at. */
const LATEST = 10
/** Which request how often. */
const KINDS: [name: string, weight: number][] = [
  ['place', 30], ['read stock', 12], ['set stock', 3], ['change', 15], ['cancel', 8], ['delete', 4], ['read order', 8],
  ['list', 8], ['add to cart', 8], ['read cart', 6], ['clear cart', 2]
]

/** Clients that do random things, by the seed; the machine decides what meets what. */
export function startClients (
  world: World, clients: number, each: number
): { history: History, finished: Promise<void> } {
  const history: History = { things: new Map(), uncertain: new Set(), deletions: 0, requests: 0 }
  const orders: Order[] = []

  async function send (random: Random, method: string, path: string, body?: object, key?: string): Promise<Answer> {
    history.requests++
    try {
      const response = await fetch(random.pick(world.gateways()) + path, {
        method,
        headers: {
          ...body && { 'content-type': 'application/json' }, ...key !== undefined && { 'idempotency-key': key }
        },
        ...body && { body: JSON.stringify(body) },
        signal: AbortSignal.timeout(15_000)
      })
      const text = await response.text()
      return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} }
    } catch {
      return { status: 0, body: {} }
    }
  }

  function note (thing: string, operation: Omit<ShopOperation, 'answered'>): void {
    // A read that nobody answered says nothing.
    if (operation.output === undefined && operation.input.kind === 'read') return
    const answered = operation.output === undefined ? Infinity : performance.now()
    history.things.set(thing, [...history.things.get(thing) ?? [], { ...operation, answered }])
  }

  async function runClient (client: number): Promise<void> {
    const random = new Random(world.seed, client)
    const mine: Order[] = []
    const weights = KINDS.map(([, weight]) => weight)
    for (let n = 0; n < each; n++) {
      const [kind] = KINDS[random.weighted(weights)]!
      // So that the faults meet more than the beginning.
      await sleep(random.whole(0, PAUSE_MS))
      const user = random.pick(world.users)
      const product = random.pick(world.products)
      const order = orders.at(-1 - random.whole(0, Math.min(LATEST, Math.max(1, orders.length)) - 1))
      const sent = performance.now()
      const add = (thing: string, input: Input, output: Output | undefined) =>
        note(thing, { client, sent, input, ...output && { output } })
      const isUnknown = ({ status }: Answer) => status === 0 || status >= 500
      const outcome = (answer: Answer, output: () => Output): Output | undefined =>
        isUnknown(answer) ? undefined : output()
      const plain = (answer: Answer) => outcome(answer, () =>
        answer.status < 300 ? { done: true } : { refused: answer.status === 404 ? GONE : String(answer.body.code) })
      const cart = ({ body }: Answer) => ({
        state: format((body.items ?? body.data?.[0]?.items ?? []).map(
          (item: { product_id: number, quantity: number }) => [String(item.product_id), item.quantity] as const
        ))
      })

      if (kind === 'place') {
        const chosen = world.products.filter(() => random.chance(0.6))
        const lines = (chosen.length > 0 ? chosen : [product])
          .map((id) => ({ product_id: id, quantity: random.whole(1, 3) }))
        const key = randomUUID()
        let answer: Answer
        do {
          answer = await send(random, 'POST', '/orders', { user_id: user, items: lines }, key)
          if (isUnknown(answer)) await sleep(50)
        } while (isUnknown(answer) && performance.now() - sent < PATIENCE_MS)
        const short = new Map<number, number>((answer.body.items ?? []).map(
          (item: { product_id: number, available: number }) => [item.product_id, item.available]
        ))
        for (const { product_id: id, quantity } of lines) {
          if (answer.status === 201 || isUnknown(answer)) {
            add(`stock of ${id}`, { kind: 'take', quantity }, plain(answer))
          } else if (short.has(id)) {
            add(`stock of ${id}`, { kind: 'take', quantity }, { refused: String(short.get(id)) })
          }
        }
        if (isUnknown(answer)) history.uncertain.add(user)
        if (answer.status !== 201) continue
        const id = String(answer.body.data[0].order_id)
        add(`orders of ${user}`, { kind: 'add', name: id, quantity: 1 }, { done: true })
        const placed = { id, user, lines, isCancelled: false }
        orders.push(placed)
        mine.push(placed)
      } else if (kind === 'read stock') {
        const answer = await send(random, 'GET', `/api/v1/products/${product}`)
        add(`stock of ${product}`, { kind: 'read' }, outcome(answer, () => ({ state: String(answer.body.stock) })))
      } else if (kind === 'set stock') {
        const stock = random.whole(5, 30)
        const answer = await send(random, 'PATCH', `/api/v1/products/${product}`, { stock })
        add(`stock of ${product}`, { kind: 'set', quantity: stock }, plain(answer))
      } else if (kind === 'add to cart') {
        const quantity = random.whole(1, 3)
        const answer = await send(random, 'POST', `/carts/${user}/items`, { product_id: product, quantity })
        add(`cart of ${user}`, { kind: 'add', name: String(product), quantity }, outcome(answer, () => cart(answer)))
      } else if (kind === 'read cart') {
        const answer = await send(random, 'GET', `/carts/${user}`)
        add(`cart of ${user}`, { kind: 'read' }, outcome(answer, () => cart(answer)))
      } else if (kind === 'clear cart') {
        const answer = await send(random, 'DELETE', `/carts/${user}/clear`)
        // Of a cart that is not there: it is as empty as one that is.
        add(`cart of ${user}`, { kind: 'clear' }, outcome(answer, () => ({ done: true })))
      } else if (kind === 'list') {
        const answer = await send(random, 'GET', `/orders/user/${user}?limit=100`)
        add(`orders of ${user}`, { kind: 'read' }, outcome(answer, () => ({
          state: format((answer.body.data ?? answer.body.orders).map(
            ({ order_id: id }: { order_id: string }) => [String(id), 1] as const
          ))
        })))
      } else if (kind === 'read order' && order) {
        const answer = await send(random, 'GET', `/orders/${order.id}`)
        const status = answer.body.status ?? answer.body.data?.[0]?.status
        add(`order ${order.id}`, { kind: 'read' },
          outcome(answer, () => ({ state: answer.status === 404 ? GONE : status })))
      } else if (kind === 'change' && order) {
        const to = random.pick(['paid', 'confirmed', 'processing', 'shipped', 'delivered'])
        add(`order ${order.id}`, { kind: 'change', to }, plain(await send(random, 'PATCH', `/orders/${order.id}`, {
          status: to
        })))
      } else if (kind === 'cancel' && mine.length > 0) {
        // Each once, by who placed it: so a success has given stock back.
        const own = mine.splice(random.whole(0, mine.length - 1), 1)[0]!
        const output = plain(await send(random, 'PATCH', `/orders/${own.id}`, { status: 'cancelled' }))
        add(`order ${own.id}`, { kind: 'change', to: 'cancelled' }, output)
        if (output !== undefined && !('done' in output)) continue
        own.isCancelled = output !== undefined
        for (const { product_id: id, quantity } of own.lines) {
          add(`stock of ${id}`, { kind: 'return', quantity }, output)
        }
      } else if (kind === 'delete' && order?.isCancelled) {
        history.deletions++
        const output = plain(await send(random, 'DELETE', `/orders/${order.id}`))
        add(`order ${order.id}`, { kind: 'delete' }, output)
        if (output === undefined || 'done' in output) {
          add(`orders of ${order.user}`, { kind: 'remove', name: order.id }, output)
        }
      }
    }
  }

  const all = Array.from({ length: clients }, async (_, client) => await runClient(client))
  return { history, finished: Promise.all(all).then(() => {}) }
}
