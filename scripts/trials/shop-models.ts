import type { Model, Operation } from './linearize.ts'

/** What can be asked of one thing of the shop: a product's stock, an order, a user's orders, a user's cart. */
export type Input =
  | { kind: 'read' }
  | { kind: 'take' | 'return' | 'set', quantity: number }
  | { kind: 'change', to: string }
  | { kind: 'delete' }
  | { kind: 'add', name: string, quantity: number }
  | { kind: 'remove', name: string }
  | { kind: 'clear' }

/** `done`; or refused, with or without what there is; or what was read. */
export type Output = { done: true } | { refused: string } | { state: string }

export type ShopOperation = Operation<Input, Output>

/** Text is what each model's state is, and what is read of it. */
type ShopModel = Model<string, Input, Output>

const key = (state: string) => state
const isRead = (output: Output | undefined): output is { state: string } => output !== undefined && 'state' in output
const isDone = (output: Output | undefined) => output === undefined || 'done' in output

export const changesNothing = ({ input, output }: ShopOperation): boolean =>
  input.kind === 'read' || (output !== undefined && 'refused' in output)

/** A product's stock. Refused with what is left; never below zero. */
export const stockOf = (initial: number): ShopModel => ({
  initial: String(initial),
  key,
  step: (state, input, output) => {
    const stock = Number(state)
    switch (input.kind) {
      case 'take':
        if (isDone(output)) return stock >= input.quantity ? String(stock - input.quantity) : null
        return (output as { refused: string }).refused === state && stock < input.quantity ? state : null
      case 'return': return String(stock + input.quantity)
      case 'set': return String(input.quantity)
      default: return isRead(output) && output.state !== state ? null : state
    }
  }
})

export const GONE = 'gone'

/** An order's status. */
export const orderWith = (allowed: Set<string>): ShopModel => ({
  initial: 'pending',
  key,
  step: (state, input, output) => {
    const isGone = output !== undefined && 'refused' in output && output.refused === GONE
    if (input.kind === 'read') return isRead(output) && output.state !== state ? null : state
    if (state === GONE) return isGone || output === undefined ? state : null
    if (isGone) return null
    if (input.kind === 'delete') return isDone(output) ? GONE : null
    if (input.kind !== 'change') return null
    const may = state === input.to || allowed.has(`${state} ${input.to}`)
    return isDone(output) ? may ? input.to : output === undefined ? state : null : may ? null : state
  }
})

const parse = (state: string): Map<string, number> =>
  new Map(state.split(' ').filter(Boolean).map((entry) => {
    const [name, quantity] = entry.split('x')
    return [name!, Number(quantity)]
  }))

/** Names with how many of each, in one order. */
export const format = (entries: Iterable<readonly [string, number]>): string =>
  [...entries].map(([name, quantity]) => `${name}x${quantity}`).sort().join(' ')

/** A user's cart, or orders (1 of each): what was added and not removed. What adds may show the whole. */
export const collection: ShopModel = {
  initial: '',
  key,
  step: (state, input, output) => {
    const entries = parse(state)
    if (input.kind === 'add') entries.set(input.name, (entries.get(input.name) ?? 0) + input.quantity)
    else if (input.kind === 'remove') entries.delete(input.name)
    else if (input.kind === 'clear') entries.clear()
    const after = format(entries)
    return isRead(output) && output.state !== after ? null : after
  }
}

/** One line for a request, for people. */
export function tell ({ client, sent, answered, input, output }: ShopOperation, since: number): string {
  const { kind, ...what } = input
  const when = `${(sent - since).toFixed(1)} to ${answered === Infinity ? '?' : (answered - since).toFixed(1)} ms`
  return `client ${client}, ${when}: ${kind} ${Object.values(what).join(' ')} -> ` +
    (output === undefined ? 'unknown' : Object.entries(output).map(([name, value]) => `${name} ${value}`).join())
}
