import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { figuresOf, median, noise, ratioOf, type Round } from '../../../scripts/bench/figures.ts'
import { NAMES } from '../../../scripts/bench/requests.ts'
import { judge, LIMITS } from '../../../scripts/bench/thresholds.ts'

const round = (perSecond: number, gateway: number | null = null): Round =>
  ({ perSecond, gateway, p50: 1, p99: 2, database: null, generator: 10, others: null })

t.test('--quick passes within the limits, and fails over one of them, naming it', async (t) => {
  const limits = { livez: 3, user: 2 }
  t.same(judge(new Map([['livez', 2.9], ['user', 2]]), limits), { holds: true, sentences: [] })
  t.match(judge(new Map([['livez', 2.9], ['user', 2.01]]), limits), {
    holds: false, sentences: [/^user: 2\.01 times the minimal gateway's processor time, 2 at most$/]
  })
})

t.test('What could not be measured is no pass', async (t) => {
  const limits = { livez: 3 }
  t.match(judge(new Map([['livez', null]]), limits), {
    holds: false, sentences: [/^livez: its processor time could not be read$/]
  })
  t.match(judge(new Map([['livez', NaN]]), limits), { holds: false })
  t.match(judge(new Map([['search', 1]]), limits), { holds: false, sentences: [/^search: there is no limit for it$/] })
  t.match(judge(new Map(), limits), { holds: false, sentences: ['nothing was measured'] })
})

t.test('Every request has a limit', async (t) => {
  t.same(Object.keys(LIMITS).sort(), [...NAMES].sort())
  for (const limit of Object.values(LIMITS)) t.ok(limit > 0 && Number.isFinite(limit))
})

t.test('Figures are medians, and ratios are of rounds that stood beside each other', async (t) => {
  t.equal(median([9, 1, 5]), 5)
  t.equal(median([1, 2, 3, 100]), 2.5)
  t.equal(noise([100, 100, 100]), 0)
  t.equal(noise([90, 100, 110]), 0.1)
  // The machine was slow in the second round, for both.
  const ours = [round(100, 60), round(50, 90), round(110, 60)]
  const minimal = [round(200, 20), round(100, 30), round(200, 20)]
  t.equal(ratioOf(ours, minimal, ({ perSecond }) => perSecond), 0.5)
  t.equal(ratioOf(ours, minimal, ({ gateway }) => gateway), 3)
  t.equal(ratioOf(ours, minimal, ({ database }) => database), null)
  t.match(figuresOf(ours), { perSecond: 100, gateway: 60, database: null })
})

t.test('Arguments that are not known are errors, and nothing is started', async (t) => {
  const call = (...args: string[]) => spawnSync(process.execPath,
    [join(import.meta.dirname, '../../../scripts/bench/index.ts'), ...args], { encoding: 'utf8' })
  t.match(call('--only', 'livez,nonsense'), {
    status: 2, stdout: '', stderr: /^--only does not know nonsense\nNothing was done/
  })
  t.match(call('--writes'), { status: 2, stderr: /^--writes goes with --database/ })
  t.match(call('--rounds', '0'), { status: 2, stderr: /--rounds must be a whole number above 0/ })
})
