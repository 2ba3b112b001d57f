import t from 'tap'
import { explain, shrink, type Model, type Operation } from '../../scripts/trials/linearize.ts'

type Input = { write: number } | 'read'

const register: Model<number, Input, number> = {
  initial: 0,
  step: (state, input, output) => {
    if (input === 'read') return output === undefined || output === state ? state : null
    return input.write
  },
  key: String
}

/** `sent answered what`, in short. */
const op = (sent: number, answered: number, input: Input, output?: number): Operation<Input, number> =>
  ({ client: 0, sent, answered, input, ...output !== undefined && { output } })
const write = (sent: number, answered: number, value: number) => op(sent, answered, { write: value }, 0)
const read = (sent: number, answered: number, value: number) => op(sent, answered, 'read', value)

t.test('what can be explained', async (t) => {
  t.equal(explain(register, []), 'yes')
  t.equal(explain(register, [write(0, 1, 5), read(2, 3, 5)]), 'yes')
  t.equal(explain(register, [write(0, 9, 5), read(1, 2, 0), read(3, 4, 5)]), 'yes', 'at any moment of its time')
  t.equal(explain(register, [write(0, 9, 1), write(0, 9, 2), read(10, 11, 1)]), 'yes', 'in either order')
  t.equal(explain(register, [op(0, Infinity, { write: 5 }), read(1, 2, 0), read(90, 91, 5)]), 'yes',
    'later, where nobody knows')
  t.equal(explain(register, [op(0, Infinity, { write: 5 }), read(1, 2, 0)]), 'yes', 'or never')
})

t.test('what cannot', async (t) => {
  t.equal(explain(register, [write(0, 1, 5), read(2, 3, 0)]), 'no', 'a lost write')
  t.equal(explain(register, [write(0, 9, 5), read(1, 2, 5), read(3, 4, 0)]), 'no', 'a read that goes back')
  t.equal(explain(register, [op(5, Infinity, { write: 5 }), read(1, 2, 5)]), 'no', 'before it was sent')
  t.equal(explain(register, [read(1, 2, 7)]), 'no', 'what nobody wrote')
})

t.test('the smallest part that cannot be explained', async (t) => {
  const wrong = [
    write(0, 1, 1), read(2, 3, 1), write(4, 5, 2), read(6, 7, 2), read(8, 9, 1), write(10, 11, 3), read(12, 13, 1)
  ]
  const least = shrink(register, wrong, ({ input }) => input === 'read')
  t.strictSame(least, [write(0, 1, 1), write(4, 5, 2), read(8, 9, 1)])
})
