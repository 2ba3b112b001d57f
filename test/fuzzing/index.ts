import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import type { Test } from 'tap'
import { documentOf } from '../document.ts'
import { openOwnShop } from '../helper.ts'
import { settleAll } from '../settle.ts'
import { faultsOf, damage, logFaults } from './checks.ts'
import { fillShop } from './pool.ts'
import { KEYS, requestsTo, type Document } from './requests.ts'
import { curl, send, type FuzzAnswer, type FuzzRequest } from './wire.ts'

/**
 * Connections at once. With one, a seed gives the same run again; with more, what is asked at the same moment is tried,
 * too.
 */
const WORKERS = 4

/** More faults than this are one. */
const ENOUGH = 25

export interface Options {
  requests: number,
  seed: number,
  workers?: number,
  onProgress? (sent: number, faults: number): void
}

/** A fault, and the smallest request found that shows it. */
export interface Fault { fault: string, operation: string, request: string }

export interface Report {
  sent: number
  faults: Fault[]
  /** Answers by face, and there by status. */
  counts: Record<string, Record<string, number>>
  /** Answers with 2xx by operation. */
  successes: Map<string, number>
  damage: Record<string, object[]>
  isReady: boolean
}

class Found extends Error {}

/**
 * Sends so many requests, valid and broken in every way, to a shop of its own, and looks at each answer, at the log and
 * at what is left.
 */
export async function fuzz (t: Test, { requests, seed, workers = WORKERS, onProgress }: Options): Promise<Report> {
  const faults: Fault[] = []
  const log = new Writable({
    write (chunk, _encoding, done) {
      for (const fault of logFaults(String(chunk))) {
        if (faults.length < ENOUGH) faults.push({ fault, operation: 'log', request: '' })
      }
      done()
    }
  })
  const shop = await openOwnShop(t,
    { ...KEYS, LOG_LEVEL: 'info', LOGIN_RATE_LIMIT: '1000000', TRUSTED_UPSTREAMS: '127.0.0.1/32' }, log)
  const pool = await fillShop(shop)
  await shop.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = shop.app.server.address() as AddressInfo
  const arbitrary = requestsTo(documentOf<Document>(shop.app), pool)
  const report: Report = { sent: 0, faults, counts: {}, successes: new Map(), damage: {}, isReady: false }
  const known = new Set<string>()

  async function attempt (request: FuzzRequest): Promise<FuzzAnswer | string> {
    try {
      return await send(port, request)
    } catch (error) {
      return `no answer: ${(error as Error).message}`
    }
  }

  async function judge (request: FuzzRequest): Promise<void> {
    report.sent++
    if (report.sent % 100 === 0) onProgress?.(report.sent, faults.length)
    const answer = await attempt(request)
    if (typeof answer !== 'string') count(request, answer)
    const found = typeof answer === 'string'
      ? [answer]
      : faultsOf(shop.app, request, answer).map((fault) => `${fault}: ${answer.text.slice(0, 400)}`)
    const fresh = found.find((fault) => !known.has(kindOf(request, fault)))
    if (fresh !== undefined) throw new Found(fresh)
  }

  function count ({ face, operation }: FuzzRequest, { status, text, headers }: FuzzAnswer): void {
    const ofFace = report.counts[face] ??= {}
    ofFace[status] = (ofFace[status] ?? 0) + 1
    if (status >= 300) return
    report.successes.set(operation, (report.successes.get(operation) ?? 0) + 1)
    if (!operation.includes('/query')) pool.learn(text, headers)
  }

  async function work (worker: number): Promise<void> {
    for (let round = 0; report.sent < requests && faults.length < ENOUGH; round++) {
      const isEnough = () => report.sent >= requests
      const property = fc.asyncProperty(arbitrary, async (request) => { if (!isEnough()) await judge(request) })
      // Ends at the first fault, made as small as it gets; the next round passes over faults of that kind.
      const { counterexample, errorInstance } = await fc.check(property, {
        seed: (seed * 1000 + worker) * 100 + round, numRuns: Math.ceil(requests / workers), maxSkipsPerRun: 0
      })
      if (!counterexample) return
      const [request] = counterexample
      const fault = (errorInstance as Error).message
      const kind = kindOf(request, fault)
      if (!known.has(kind)) faults.push({ fault, operation: request.operation, request: curl(port, request) })
      known.add(kind)
    }
  }

  await Promise.all(Array.from({ length: workers }, async (_, worker) => await work(worker)))
  await settleAll(shop.sql)
  report.damage = Object.fromEntries(Object.entries(await damage(shop.sql)).filter(([, rows]) => rows.length > 0))
  report.isReady = (await shop.call('GET', '/readyz')).status === 200
  return report
}

/**
 * Faults of one kind are told once: the operation and the sentence without what differs from one answer to the next.
 */
const kindOf = ({ operation }: FuzzRequest, fault: string) => `${operation} ${fault.slice(0, 60)
  .replace(/\d{4,}|"[^"]*"/g, '')}`

/** The share of a face's answers that were 2xx, in percent. */
export function successShare (counts: Record<string, number>): number {
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0)
  const good = Object.entries(counts).reduce((sum, [status, n]) => Number(status) < 300 ? sum + n : sum, 0)
  return Math.round(100 * good / all)
}
