import type { ClientOptions } from './client.ts'

export interface PoolOptions {
  size: number
  /**
   * How many statements a connection has at once, one behind the other. More than one only for statements that take a
   * millisecond and wait for no lock: each holds up those behind it.
   */
  depth?: number
  /** How many writes may run at once. The rest of the connections is for reads: a write may wait for a lock. */
  maxWrites: number
  maxWaiting: number
  maxWaitMs: number
  /** How long a statement may take, seen from here: above the server's own limit. */
  limitMs: number
  client: Omit<ClientOptions, 'max' | 'socket'>
  /** A statement that any server can run. */
  askText: string
  /** Which of these backends are at work; undefined where it cannot be known. */
  findWorking?: (pids: number[]) => Promise<Set<number>>
  /** Told how long a statement waited for a connection, where it had to. */
  waited?: (seconds: number) => void
}
