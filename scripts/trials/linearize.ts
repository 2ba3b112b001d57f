/**
 * Whether what clients saw of one thing can be explained: is there an order of their requests, each somewhere between
 * its sending and its answer, in which every answer is the right one? (Linearizability; the search of Wing and Gong
 * with the memory of Lowe.)
 */

/** A request and what came of it. */
export interface Operation<Input, Output> {
  client: number
  sent: number
  /** When it was answered; Infinity: nobody knows whether it was done, then or later. */
  answered: number
  input: Input
  /** Undefined where nobody knows. */
  output?: Output
}

/** What the thing does by itself, one request after the other. */
export interface Model<State, Input, Output> {
  initial: State
  /** What comes after a request with this answer (undefined: any); null where that answer cannot be. */
  step (state: State, input: Input, output: Output | undefined): State | null
  /** Equal for equal states. */
  key (state: State): string
}

/** Beyond so many states it is not known. */
const MOST_STATES = 500_000

export type Explained = 'yes' | 'no' | 'unknown'

export function explain<State, Input, Output> (
  model: Model<State, Input, Output>, history: Operation<Input, Output>[]
): Explained {
  const operations = history.toSorted((a, b) => a.sent - b.sent)
  const seen = new Set<string>()
  const open: { done: bigint, state: State }[] = [{ done: 0n, state: model.initial }]
  const known = operations.reduce((mask, { output }, n) => output === undefined ? mask : mask | 1n << BigInt(n), 0n)
  for (let next = open.pop(); next; next = open.pop()) {
    const { done, state } = next
    if ((done & known) === known) return 'yes'
    if (seen.size > MOST_STATES) return 'unknown'
    // Whoever was sent before the first of the others was answered may have been the next one.
    const left = operations.map((operation, n) => ({ operation, bit: 1n << BigInt(n) }))
      .filter(({ bit }) => !(done & bit))
    const first = Math.min(...left.map(({ operation }) => operation.answered))
    // The last one is tried first: whose answer came first. One that may never have been done comes after all others.
    const may = left.filter(({ operation }) => operation.sent <= first)
      .sort((a, b) => b.operation.answered - a.operation.answered || 0)
    const steps = may.flatMap(({ operation: { input, output }, bit }) => {
      const after = model.step(state, input, output)
      return after === null ? [] : [{ done: done | bit, state: after, isKnown: output !== undefined }]
    })
    // One that changes nothing and is right now may as well be now.
    const own = model.key(state)
    const idle = steps.find((step) => step.isKnown && model.key(step.state) === own)
    for (const step of idle ? [idle] : steps) {
      const key = `${step.done} ${model.key(step.state)}`
      if (seen.has(key)) continue
      seen.add(key)
      open.push(step)
    }
  }
  return 'no'
}

/**
 * The smallest part of a history that cannot be explained: up to the first answer that is wrong, and without what is
 * not needed to see that. Only what never makes anything right is left out: what changed nothing, such as reads.
 *
 * @param changesNothing whether a request with its answer leaves everything as it was
 */
export function shrink<State, Input, Output> (
  model: Model<State, Input, Output>, history: Operation<Input, Output>[],
  changesNothing: (operation: Operation<Input, Output>) => boolean
): Operation<Input, Output>[] {
  const isWrong = (list: Operation<Input, Output>[]) => explain(model, list) === 'no'
  const upTo = (time: number): Operation<Input, Output>[] => history.filter(({ sent }) => sent <= time).map((one) => {
    if (one.answered <= time) return one
    const { output: _, ...pending } = one
    return { ...pending, answered: Infinity }
  })
  const ends = history.filter(({ output }) => output !== undefined).map(({ answered }) => answered)
    .sort((a, b) => a - b)
  // A longer beginning is wrong wherever a shorter one is.
  let [low, high] = [0, ends.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isWrong(upTo(ends[middle]!))) high = middle
    else low = middle + 1
  }
  let least = upTo(ends[low] ?? Infinity)
  for (const one of least.filter(changesNothing)) {
    const without = least.filter((other) => other !== one)
    if (isWrong(without)) least = without
  }
  return least
}
