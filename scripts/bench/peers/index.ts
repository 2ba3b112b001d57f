import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask } from '../check.ts'
import { figuresOf, ratioOf, type Figures } from '../figures.ts'
import { inTurns, measureRound } from '../measure.ts'
import type { Options } from '../options.ts'
import { freePort, start, type Gateway, type Generator } from '../processes.ts'
import { OFFSETS, type Case, type Sent } from '../requests.ts'
import { say } from '../say.ts'
import type { Shop } from '../shop.ts'
import { differenceOf } from './equal.ts'
import { install } from './install.ts'
import { OURS, PEER_CASES, READY, type Peer, type PeerCase } from './peer.ts'
import { platformatic } from './platformatic.ts'
import { postgraphile } from './postgraphile.ts'

export const PEERS: Peer[] = [postgraphile, platformatic]

/** As many connections as the gateway has for requests by default (DATABASE_POOL_MAX). */
const POOL = 10

/** A peer that is installed. */
export interface Installed { peer: Peer, folder: string }

export interface PeerFigures {
  request: PeerCase
  peer: string
  version: string
  ours: Figures
  theirs: Figures
  /** Requests a second, ours to theirs. */
  ratio: number
  /** Processor time of the gateway's process, likewise. */
  cpuRatio: number | null
}

/** Gets them before anything is measured, so that a registry that is away is said at once. */
export async function installPeers (): Promise<Installed[]> {
  const installed: Installed[] = []
  for (const peer of PEERS) installed.push({ peer, folder: await install(peer.package) })
  return installed
}

/** What each request asks of a peer, in the order of the gateway's own. */
export function sentTo ({ request }: Peer, { users, orders }: Shop): Record<PeerCase, Sent[]> {
  return { user: users.map(request.user), page: OFFSETS.map(request.page), order: orders.map(request.order) }
}

interface Place {
  url: string
  shop: Shop
  cases: Case[]
  gateway: Gateway
  generator: Generator
  postmaster: number | null
  options: Options
  folder: string
}

/** Measures the gateway and the peers in turns, once they have been seen to return the same rows. */
export async function measurePeers (installed: Installed[], place: Place): Promise<PeerFigures[]> {
  const { shop, cases, gateway, generator, postmaster, options: { rounds, seconds, connections } } = place
  const started: { peer: Peer, gateway: Gateway, sent: Record<PeerCase, Sent[]> }[] = []
  try {
    for (const one of installed) {
      started.push({ peer: one.peer, gateway: await startPeer(one, place), sent: sentTo(one.peer, shop) })
    }
    const found: PeerFigures[] = []
    const shared = cases.filter((one): one is Case & { name: PeerCase } => PEER_CASES.includes(one.name as PeerCase))
    for (const one of shared) {
      for (const { peer, gateway: theirs, sent } of started) {
        await checkRows(peer, one.name, { sent: one.sent, url: gateway.url }, { sent: sent[one.name], url: theirs.url })
      }
    }
    say(`${started.map(({ peer }) => peer.name).join(' and ')} return the same rows`)
    for (const { name, sent } of shared) {
      const contestants = [
        { gateway, sent }, ...started.map(({ gateway, sent }) => ({ gateway, sent: sent[name] }))
      ]
      const [mine, ...others] = await inTurns(contestants, rounds, seconds, async ({ gateway, sent }, seconds) =>
        await measureRound(generator, {
          kind: 'http', url: gateway.url, sent, connections, seconds, isOnce: false, isApart: false
        }, gateway, postmaster))
      for (const [n, theirs] of others.entries()) {
        const { peer } = started[n]!
        found.push({
          request: name,
          peer: peer.name,
          version: peer.package.version,
          ours: figuresOf(mine!),
          theirs: figuresOf(theirs),
          ratio: ratioOf(mine!, theirs, ({ perSecond }) => perSecond)!,
          cpuRatio: ratioOf(mine!, theirs, ({ gateway }) => gateway)
        })
        say(`${name}: ${found.at(-1)!.ratio.toFixed(2)} times ${peer.name}`)
      }
    }
    return found
  } finally {
    for (const { gateway } of started) await gateway.stop()
  }
}

/** Rejects with the last lines of its log where it does not start. */
async function startPeer ({ peer, folder }: Installed, { url, folder: scratch }: Place): Promise<Gateway> {
  const port = await freePort()
  const file = join(scratch, `${peer.server}.log`)
  const log = openSync(file, 'w')
  const args = [join(import.meta.dirname, peer.server), String(port), String(POOL), folder]
  try {
    return await start(`http://127.0.0.1:${port}`, READY, args, ['ignore', log, log], {
      NODE_ENV: 'production',
      GRAPHILE_ENV: 'production',
      DATABASE_URL: url,
      // Both ask for no key and offer to write to every table.
      PGOPTIONS: '-c default_transaction_read_only=on'
    })
  } catch (error) {
    const lines = (await readFile(file, 'utf8')).trim().split('\n').slice(-10).join('\n')
    throw new Error(`${peer.name}: ${(error as Error).message}\n${lines}`, { cause: error })
  }
}

/** @throws Error that shows the first difference between the gateway's rows and those of a peer */
async function checkRows (
  peer: Peer, name: PeerCase, mine: { sent: Sent[], url: string }, other: { sent: Sent[], url: string }
): Promise<void> {
  for (const [n, sent] of mine.sent.entries()) {
    const [ours, theirs] = [JSON.parse(await ask(mine.url, sent)), JSON.parse(await ask(other.url, other.sent[n]!))]
    // GraphQL says 200 and what is missing.
    const difference = theirs.errors === undefined
      ? differenceOf(OURS[name](ours as never), peer.rows[name](theirs as never))
      : JSON.stringify(theirs.errors).slice(0, 500)
    if (difference !== null) {
      throw new Error(`${name}: ${peer.name} ${peer.package.version} does not return the rows of ${sent.path}: ` +
        difference)
    }
  }
}
