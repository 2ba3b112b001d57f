import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ofProcess } from '../bench/cpu.ts'
import { endOnSignals } from '../bench/house.ts'
import { startGateway, startGenerator } from '../bench/processes.ts'
import { casesOf } from '../bench/requests.ts'
import { lookAround, scratchDatabase } from '../bench/shop.ts'
import type { Verdict } from '../drill.ts'

export const summary = 'a gateway starts on a database that is there, rests, and serves 100,000 requests of every kind'

const MEGABYTE = 1024 * 1024
const REST_MB = 150
const LOADED_MB = 220
/** Of the processor, which is the wall's on a machine that has nothing else to do. */
const START_SECONDS = 1
const CONNECTIONS = 32
/** A turn of one of the kinds. */
const SECONDS = 2

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  endOnSignals()
  const count = isShort ? 15_000 : 100_000
  const folder = await mkdtemp(join(tmpdir(), 'db-service-drill-'))
  const database = await scratchDatabase(folder)
  const generator = startGenerator()
  try {
    const cases = casesOf(await lookAround(database.sql, true)).filter(({ isOnce }) => !isOnce)
    // The first start compiles what later ones find compiled (scripts/start.js).
    await (await startGateway(database.url, folder)).stop()
    const began = performance.now()
    const gateway = await startGateway(database.url, folder)
    const started = { wall: (performance.now() - began) / 1000, processor: ofProcess(gateway.pid) ?? Infinity }
    await sleep(isShort ? 2000 : 15_000)
    const rest = await residentMegabytes(gateway.pid)
    let [sent, most] = [0, 0]
    while (sent < count) {
      for (const { sent: requests, isWrite } of cases) {
        const { begin } = await generator.prepare({
          kind: 'http',
          url: gateway.url,
          sent: requests,
          isApart: isWrite,
          isOnce: false,
          connections: CONNECTIONS,
          seconds: SECONDS
        })
        sent += (await begin()).count
        most = Math.max(most, await residentMegabytes(gateway.pid))
      }
    }
    await gateway.stop()
    return [
      {
        done: 'a gateway started on a database that is migrated and loaded',
        expected: `ready after ${START_SECONDS} s of the processor`,
        seen: `${started.processor.toFixed(2)} s of the processor, ${started.wall.toFixed(2)} s in all`,
        holds: started.processor <= START_SECONDS
      },
      {
        done: 'it rested',
        expected: `${REST_MB} MB resident at most`,
        seen: `${rest.toFixed(0)} MB`,
        holds: rest <= REST_MB
      },
      {
        done: `${sent} requests of ${cases.length} kinds on ${CONNECTIONS} connections`,
        expected: `${LOADED_MB} MB resident at most`,
        seen: `${most.toFixed(0)} MB at most`,
        holds: most <= LOADED_MB
      }
    ]
  } finally {
    await generator.stop()
    await database.end()
    await rm(folder, { recursive: true, force: true })
  }
}

async function residentMegabytes (pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024 / MEGABYTE
}
