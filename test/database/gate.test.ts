import { Socket } from 'node:net'
import t from 'tap'
import { Caller, callers } from '../../database/caller.ts'
import { Gate } from '../../database/gate.ts'

/** Somebody at an address, who has not hung up. */
const callerAt = (address: string) => Object.assign(new Caller(new Socket(), true), {
  share: address, deadline: Infinity
})

/** A gate for one at a time, and tasks that say who ran and that end when told to. */
function makeGate (maxWaiting: number) {
  const gate = new Gate(1, maxWaiting, 60_000)
  const ran: string[] = []
  const ends: (() => void)[] = []
  const run = async (share: string): Promise<string> => {
    try {
      return await callers.run(callerAt(share), async () => await gate.run(async () => {
        ran.push(share)
        await new Promise<void>((resolve) => ends.push(resolve))
        return 'done'
      }))
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const endAll = async () => {
    while (ends.length > 0) {
      ends.shift()!()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { gate, ran, run, endAll }
}

t.test('whoever comes alone has all places', async (t) => {
  const { gate, ran, run, endAll } = makeGate(4)
  const tasks = Array.from({ length: 6 }, async () => await run('a'))
  t.equal(gate.waiting, 4)
  t.equal(await tasks[5], 'OVERLOADED', 'but no more than there are')
  await endAll()
  t.strictSame(await Promise.all(tasks), ['done', 'done', 'done', 'done', 'done', 'OVERLOADED'])
  t.equal(ran.length, 5)
  t.match(gate, { active: 0, waiting: 0 })
})

t.test('one cannot keep the others out', async (t) => {
  const { ran, run, endAll } = makeGate(4)
  const flood = Array.from({ length: 20 }, async () => await run('flood'))
  const others = ['b', 'c'].map(run)
  t.equal(await flood[4], 'OVERLOADED', 'the last one of many makes room')
  await endAll()
  t.strictSame(await Promise.all(others), ['done', 'done'])
  // One of the flood ran before anybody else came.
  t.ok(ran.slice(0, 4).includes('b') && ran.slice(0, 4).includes('c'), ran.join(' '))
  t.equal((await Promise.all(flood)).filter((outcome) => outcome === 'done').length, 3)
})

t.test('those who wait take turns', async (t) => {
  const { ran, run, endAll } = makeGate(100)
  const tasks = ['a', 'a', 'a', 'b', 'b', 'c'].map(run)
  await endAll()
  await Promise.all(tasks)
  t.strictSame(ran, ['a', 'a', 'b', 'c', 'a', 'b'])
})
