import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { makeUsers } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { percentile, send, type Sent } from '../trials/requests.ts'

export const summary = 'hundreds of clients send their requests a byte at a time, and others never read their responses'

export const isQuick = true

/** options.ts: the whole request, and its headers; looked at every 5 s. */
const CUT_WITHIN_MS = 30_000 + 5000
/** A machine that is busy with the drill itself. */
const ROOM_MS = 2000

const LINE = 'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n'

/** Sends byte after byte until it is cut; resolves with how long that took. */
async function trickle (url: URL, text: string, everyMs: number, isOver: () => boolean): Promise<number> {
  const socket: Socket = connect(Number(url.port), url.hostname)
  const since = performance.now()
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  for (let at = 0; !socket.destroyed && !isOver(); at++) {
    socket.write(text[at] ?? ' ')
    await Promise.race([sleep(everyMs), closed])
  }
  const ms = performance.now() - since
  socket.destroy()
  return ms
}

/** Asks for much, again and again, and reads nothing of it. */
async function readNothing (url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(20))
  return socket
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const isBusy = isMachineBusy()
  const [clients, ms] = isShort ? [200, 8000] : [500, 60_000]
  await runTrial(async ({ sql, startGateway }) => {
    const gateway = await startGateway({ RATE_LIMIT: '0' })
    const [user] = await makeUsers(sql, 1)
    const url = new URL(gateway.address)
    const memory = async () => {
      const text = await (await fetch(`${gateway.address}/metrics`)).text()
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)![1]) / 1e6
    }
    async function ask (forMs: number): Promise<Sent[]> {
      const sent: Sent[] = []
      const end = performance.now() + forMs
      for (let n = 0; performance.now() < end; n++) {
        sent.push(await (n % 2
          ? send(gateway.address, 'POST', '/orders', { user_id: user, items: [{ product_id: 1 }] })
          : send(gateway.address, 'GET', '/products?limit=5')))
        await sleep(10)
      }
      return sent
    }
    await ask(1000)
    const [calm, before] = [await ask(2000), await memory()]
    const state = { isOver: false }
    const slow = Promise.all(Array.from({ length: clients }, async (_, n) =>
      await trickle(url, LINE, 100 + n % 100, () => state.isOver)))
    const deaf = await Promise.all(Array.from({ length: clients / 10 }, async () => await readNothing(url)))
    const beside = await ask(ms)
    const during = await memory()
    state.isOver = true
    const cut = await slow
    for (const socket of deaf) socket.destroy()
    const after = await ask(1000)

    const wrong = [...beside, ...after].filter(({ status }) => status >= 300)
    const [was, is] = [percentile(calm, 0.5), percentile(beside, 0.5)]
    verdicts.push({
      done: `${beside.length} requests beside ${clients} who send byte by byte and ${deaf.length} who read nothing`,
      expected: 'none refused, the median at most twice of before (or 20 ms more)',
      seen: `${wrong.length} refused, median ${was.toFixed(1)} -> ${is.toFixed(1)} ms${isBusy ? NOT_JUDGED : ''}`,
      holds: wrong.length === 0 && (isBusy || is <= Math.max(2 * was, was + 20))
    }, {
      done: 'the memory of the gateway',
      expected: 'at most 100 MB more',
      seen: `${before.toFixed()} -> ${during.toFixed()} MB`,
      holds: during - before <= 100
    })
    if (!isShort) {
      const longest = Math.max(...cut)
      verdicts.push({
        done: 'the clients who send a byte at a time',
        expected: `each is cut off within ${CUT_WITHIN_MS / 1000} s`,
        seen: `the last one after ${(longest / 1000).toFixed(1)} s`,
        holds: longest <= CUT_WITHIN_MS + ROOM_MS
      })
    }
  })
  return verdicts
}
