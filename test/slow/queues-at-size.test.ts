import t from 'tap'
import postgres from 'postgres'
import { freshDatabase } from '../helper.ts'
import { openQueues, work, WORK } from '../queues-at-size.ts'

t.setTimeout(1_200_000)

const WAITING = Number(process.env.QUEUE_WAITING ?? 100_000)
const DONE = 5 * WAITING

/** Rows that wait when it is found out what a batch costs at the least. */
const FEW = 6000

t.test('a batch costs the same whatever waits and whatever is done, by a plan of any moment', async (t) => {
  const url = await freshDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const queues = await openQueues(sql)
  const connections: postgres.Sql[] = []
  t.teardown(async () => { for (const connection of [...connections, sql]) await connection.end({ timeout: 5 }) })
  const connect = () => {
    connections.push(queues.connect(url))
    return connections.at(-1)!
  }

  const least = new Map<string, number>()
  async function measure (moment: string, connection: postgres.Sql): Promise<void> {
    for (const task of WORK) {
      // The second of two: what is cached is cached.
      await work(connection, task)
      const { blocks, ms } = await work(connection, task)
      const bound = 2 * least.get(task.name)! + 1000
      t.ok(blocks <= bound, `${moment}: ${task.name}: ${blocks} blocks, at most ${bound} (${ms.toFixed(1)} ms)`)
    }
  }

  await sql`analyze`
  const atRest = connect()
  for (const task of WORK) await work(atRest, task)

  await queues.addWaiting(1, FEW)
  await queues.addDone(1, FEW)
  const fresh = connect()
  for (const task of WORK) {
    await work(fresh, task)
    least.set(task.name, (await work(fresh, task)).blocks)
  }

  await queues.addDone(FEW + 1, DONE)
  await queues.addWaiting(FEW + 1, WAITING)
  await measure('planned while nothing was there', atRest)
  await measure('planned without statistics', connect())
  await queues.analyze()
  await measure('with statistics of what waits', connect())

  // As if all had been worked off, and then the broker and the mail server went away for long.
  await queues.dropWaiting()
  const idle = connect()
  for (const task of WORK) await work(idle, task)
  await queues.addWaiting(WAITING + 1, 2 * WAITING)
  await measure('planned with statistics of nothing waiting', idle)
})
