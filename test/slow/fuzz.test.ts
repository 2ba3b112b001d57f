import t from 'tap'
import { fuzz, successShare } from '../fuzzing/index.ts'

// `npm run fuzz` is the same in long, and tells more about a fault.
t.test('whatever is sent, valid or broken: no 5xx, an answer as the OpenAPI document says, whole log lines, and a ' +
  'sound database', async (t) => {
  const report = await fuzz(t, { requests: 800, seed: 1 })
  t.strictSame(report.faults, [], 'no fault')
  t.strictSame(report.damage, {}, 'the database is consistent')
  t.ok(report.isReady, 'the gateway is ready for more')
  t.ok(report.sent >= 800)
  for (const face of ['service', 'legacy', 'management', 'storefront', 'public']) {
    const share = successShare(report.counts[face] ?? {})
    t.ok(share >= 15, `${share} % of the answers of the ${face} face are 2xx: requests get behind the validation`)
  }
  t.ok(report.successes.size >= 70, `${report.successes.size} operations answered 2xx`)
})
