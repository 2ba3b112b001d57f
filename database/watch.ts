import type { ClientOptions } from './client.ts'
import { Connection, REST_MS, type Row } from './connection.ts'
import { statementTexts } from './statements.ts'
import { everyTick } from './ticks.ts'

const FIND_WORKING = statementTexts.get('gateway/find-working')!

/** So long a small question may take; then the connection is given up. */
const ANSWER_MS = 1000

/**
 * Keeps an eye on a server, over a connection of its own: so that probes tell the truth whatever the pools are busy
 * with, and a connection that says nothing any more is told from a statement that takes long.
 */
export class Watch {
  readonly #connection: Connection
  readonly #askText: string
  readonly #answerMs: number
  readonly #asked = new Map<string, Promise<Row[]>>()
  readonly #stop: () => void
  #turn: Promise<unknown> = Promise.resolve()
  /** Whether the server responded when last asked. */
  isThere = true

  /** @param askText a statement that any server can run */
  constructor (url: string, options: Omit<ClientOptions, 'max' | 'socket'>, askText: string, answerMs = ANSWER_MS) {
    this.#connection = new Connection(url, options)
    this.#askText = askText
    this.#answerMs = answerMs
    this.#stop = everyTick((now) => {
      const { runs, isOpen, lastUsed } = this.#connection
      const [current] = runs
      if (current && now > current.deadline) this.#connection.giveUp(`no answer within ${answerMs} ms`)
      else if (!current && (isOpen || !this.isThere) && now - lastUsed > REST_MS / 2) this.ask().catch(() => {})
    })
  }

  /**
   * Which of these backends are at work, of those that are ours. A pooler in between gives connections numbers of its
   * own; then nothing can be told, and all count as working.
   */
  readonly findWorking = async (pids: number[]): Promise<Set<number>> => {
    const found = await this.run(FIND_WORKING, [pids.map(String)])
    const isDirect = found.some(({ pid, is_this: isThis }) => isThis && pid === this.#connection.backend?.pid)
    return new Set(isDirect ? found.map(({ pid }) => pid as number) : pids)
  }

  /** The backend of its own connection, as whoever it is connected to tells. */
  get pid (): number | undefined { return this.#connection.backend?.pid }

  /** Whether the server responds; rejects with why not. */
  async ask (): Promise<void> {
    await this.run(this.#askText, [])
  }

  /** Runs a small statement. Those who ask the same at the same moment share the response. */
  run (text: string, parameters: unknown[]): Promise<Row[]> {
    const key = `${text} ${parameters.join()}`
    let asked = this.#asked.get(key)
    if (!asked) {
      asked = this.#inTurn(text, parameters).finally(() => this.#asked.delete(key))
      this.#asked.set(key, asked)
    }
    return asked
  }

  async close (): Promise<void> {
    this.#stop()
    await this.#connection.close()
  }

  #inTurn (text: string, parameters: unknown[]): Promise<Row[]> {
    const run = this.#turn.then(async () => {
      try {
        const rows = await this.#connection.run(text, parameters, this.#answerMs)
        this.isThere = true
        return rows
      } catch (error) {
        this.isThere = false
        throw error
      }
    })
    this.#turn = run.catch(() => {})
    return run
  }
}
