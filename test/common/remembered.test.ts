import t from 'tap'
import { remembered } from '../../common/remembered.ts'

t.test('asks once for all who ask at the same time, or soon after', async (t) => {
  let asked = 0
  const ask = remembered(60_000, async () => ++asked)
  t.same(await Promise.all([ask(), ask()]), [1, 1])
  t.equal(await ask(), 1)
})

t.test('asks again when what is known is old, but never twice at once', async (t) => {
  let asked = 0
  const answers: ((value: number) => void)[] = []
  const ask = remembered(0, async () => {
    asked++
    return await new Promise<number>((resolve) => answers.push(resolve))
  })
  const first = [ask(), ask()]
  t.equal(asked, 1)
  answers[0]!(1)
  t.same(await Promise.all(first), [1, 1])
  ask()
  t.equal(asked, 2)
})

t.test('does not remember a failure', async (t) => {
  let asked = 0
  const ask = remembered(60_000, async () => { if (++asked === 1) throw new Error('away') })
  await t.rejects(ask(), /away/)
  await t.resolves(ask())
  t.equal(asked, 2)
})
