import type { Static } from '@sinclair/typebox'
import type { TimelineFacts } from './timeline-schema.ts'

type Facts = Static<typeof TimelineFacts>

/** Products that a sentence names; all stand in `quantities`. */
const NAMED = 3

/** Why a stock moved (products.stock_movements). */
const STOCK: Record<string, string> = {
  order_placed: 'Stock was taken for the order',
  items_added: 'Stock was taken for items that were added',
  order_cancelled: 'Stock was returned, since the order was cancelled',
  order_failed: 'Stock was returned, since the order failed',
  order_deleted: 'Stock was returned, since the order was deleted'
}

const by = ({ changed_by: who }: Facts) => who === undefined ? '' : ` by ${who}`
const because = (reason: string | undefined) => reason === undefined ? '.' : `: ${reason}`
const times = (n: number, one: string) => n === 1 ? `one ${one}` : `${n} ${one}s`

function productsOf ({ quantities = {} }: Facts): string {
  const products = Object.entries(quantities)
  const named = products.slice(0, NAMED).map(([id, quantity]) => `${Math.abs(quantity)} of product ${id}`)
  const others = products.length - NAMED
  return [...named, ...others > 0 ? [times(others, 'other product')] : []].join(', ')
}

/** What became of something that was sent. */
function outcome (what: string, facts: Facts): string {
  const { state, attempts = 0, last_error: error, next_attempt_at: next } = facts
  if (state === 'delivered') return `${what} was accepted at attempt ${attempts}.`
  const after = attempts === 0 ? '' : ` after ${times(attempts, 'attempt')}`
  if (state === 'failed') return `${what} failed for good${after}${because(error)}`
  return `${what} waits${after}${next === undefined ? '' : `, until ${next}`}${because(error)}`
}

function webhook (facts: Facts): string {
  const { event_type: type, webhook_id: id, url = '', state, is_off: isOff, disabled_reason: reason } = facts
  const said = outcome(`The event ${type} to webhook ${id} (${URL.parse(url)?.host ?? 'no address'})`, facts)
  return isOff && state === 'waiting' ? `${said} – The webhook is switched off${because(reason)}` : said
}

const SENTENCES: Record<Facts['kind'], (facts: Facts) => string> = {
  created: (facts) => facts.is_placed_here ? `Placed${by(facts)}${because(facts.note)}` : 'Loaded: placed elsewhere.',
  status: (facts) => facts.from_status === undefined
    ? `The status was ${facts.status}${by(facts)}${because(facts.note)}`
    : `The status went from ${facts.from_status} to ${facts.status}${by(facts)}${because(facts.note)}`,
  note: (facts) => `Remark${by(facts)}${because(facts.note)}`,
  stock: (facts) => `${STOCK[facts.reason!] ?? `Stock was changed (${facts.reason})`}: ${productsOf(facts)}.`,
  invoice: ({ content_type: type, size }) => `The invoice was stored: ${type}, ${size} bytes.`,
  changed: ({ version }) => 'Something was changed that has no history, last at this moment: address, tracking, ' +
    `payment, lines, or the person was erased (version ${version}).`,
  event: ({ event_type: type, sequence }) => `The event ${type} was recorded` +
    (sequence === undefined ? ', and has no place in the feed yet.' : `: number ${sequence} in the feed.`),
  rabbitmq: (facts) => outcome(`The event ${facts.event_type} to RabbitMQ`, facts),
  webhook,
  email: (facts) => outcome(`The email about the status ${facts.status}`, facts),
  repeat: ({ attempts }) => `The request that placed the order has come ${attempts} times with its Idempotency-Key, ` +
    'last at this moment: a repeat gets the first response, and places nothing.'
}

/** What an entry of a timeline says to people. */
export const sentenceOf = (facts: Facts): string => SENTENCES[facts.kind](facts)
