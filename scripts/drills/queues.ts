import { setTimeout as sleep } from 'node:timers/promises'
import { brokerAbsent, openBroker } from '../../test/broker.ts'
import { openQueues, work, WORK } from '../../test/queues-at-size.ts'
import type { Verdict } from '../drill.ts'
import { runTrial, type Trial } from '../trials/harness.ts'

export const summary =
  'very many rows in every queue: events go out at a steady rate, and each batch of any other work costs the same'

/** A page is 8 kB; a row that is changed or deleted takes about 20 of them, indexes and foreign keys included. */
const BLOCKS_A_ROW = 120

/**
 * Events that wait for a broker which comes back, beside those of the week before; a real gateway and a real broker.
 */
async function drainEvents ({ sql, startGateways, teardown }: Trial, waiting: number): Promise<Verdict> {
  const published = 10 * waiting
  const broker = await openBroker({ teardown }, { consumes: false })
  await startGateways(1, broker.settings)
  const payload = JSON.stringify({
    event_type: 'order_created',
    order_id: 1,
    user_email: null,
    total: 1,
    items: [],
    status: 'pending',
    filler: 'x'.repeat(300)
  })
  for (let from = 1; from <= published; from += 100_000) {
    await sql`insert into orders.outbox (order_id, event_type, payload, published_at)
      select n, 'order_created', ${payload}::text::jsonb, now() from generate_series(${from}::int,
      ${Math.min(from + 99_999, published)}::int) n`
  }
  console.log(`${published} published; now ${waiting} wait`)
  const began = performance.now()
  await sql`insert into orders.outbox (order_id, event_type, payload) select n, 'order_created', ${payload}::text::jsonb
    from generate_series(1, ${waiting}::int) n`
  const tenths: number[] = []
  for (let left = waiting, since = performance.now(); left > 0;) {
    const goal = Math.max(0, waiting - (tenths.length + 1) * waiting / 10)
    await sleep(50)
    left = (await sql<{ n: number }[]>`select count(*)::int as n from orders.outbox where published_at is null`)[0]!.n
    if (left > goal) {
      if (performance.now() - since > 120_000) break
      continue
    }
    tenths.push(waiting / 10 / ((performance.now() - since) / 1000))
    console.log(`${waiting - left} gone, ${tenths.at(-1)!.toFixed(0)} a second`)
    since = performance.now()
  }
  const median = tenths.toSorted((one, other) => one - other)[Math.floor(tenths.length / 2)] ?? 0
  return {
    done: `${waiting} events wait beside ${published} published; the gateway had made its plans while none did`,
    expected: 'all go out, and the slowest tenth of them at half of the usual rate or more',
    seen:
      `${tenths.length} tenths in ${((performance.now() - began) / 1000).toFixed(1)} s, ` +
        `${Math.min(...tenths).toFixed(0)} to ${Math.max(...tenths).toFixed(0)} a second, usually ${median.toFixed(0)}`,
    holds: tenths.length === 10 && Math.min(...tenths) >= median / 2
  }
}

/** Every statement that works something off or clears it, by a plan made while nothing was there. */
async function batches ({ sql, url }: Trial, waiting: number): Promise<Verdict> {
  const queues = await openQueues(sql)
  const connection = queues.connect(url)
  try {
    for (const task of WORK) await work(connection, task)
    await queues.addDone(1, 5 * waiting)
    await queues.addWaiting(1, waiting)
    console.log(`${waiting} wait in each queue beside ${5 * waiting} that are done`)
    const costly: string[] = []
    let slowest = 0
    for (const task of WORK) {
      await work(connection, task)
      const { blocks, ms } = await work(connection, task)
      slowest = Math.max(slowest, ms)
      if (blocks > BLOCKS_A_ROW * task.batch + 1000) costly.push(task.name)
      console.log(
        `${task.name.padEnd(52)} ${String(task.batch).padStart(5)} rows ${blocks.toFixed(0).padStart(7)} pages ` +
          `${ms.toFixed(1).padStart(8)} ms`
      )
    }
    return {
      done: `${WORK.length} statements, a batch each, with ${waiting} rows that wait beside ${5 * waiting} done ones`,
      expected: `at most ${BLOCKS_A_ROW} pages looked at for each row of a batch`,
      seen: costly.length === 0
        ? `every one; the slowest batch took ${slowest.toFixed(0)} ms`
        : `more: ${costly.join(', ')}`,
      holds: costly.length === 0
    }
  } finally {
    await connection.end({ timeout: 5 })
  }
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const absent = await brokerAbsent()
  if (absent) throw new Error(absent)
  const verdicts: Verdict[] = []
  const waiting = isShort ? 20_000 : 200_000
  await runTrial(async (trial) => { verdicts.push(await drainEvents(trial, waiting)) })
  await runTrial(async (trial) => { verdicts.push(await batches(trial, waiting / 2)) })
  return verdicts
}
