import t from 'tap'
import { readTraceparent, writeTraceparent } from '../../common/traceparent.ts'

const [TRACE, SPAN] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

t.test('reads what W3C allows', async (t) => {
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, traceFlags: 1 })
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-00`), { traceId: TRACE, spanId: SPAN, traceFlags: 0 })
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-ff`), { traceId: TRACE, spanId: SPAN, traceFlags: 1 })
  t.same(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-later`), { traceId: TRACE, spanId: SPAN, traceFlags: 1 })
})

t.test('ignores everything else', async (t) => {
  for (const header of [
    undefined, null, '', [], `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`, `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`, ` 00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01"}`, `00-${TRACE}-${SPAN}-01\n`
  ]) t.equal(readTraceparent(header), undefined, String(header))
})

t.test('writes it again', async (t) => {
  for (const flags of ['00', '01']) {
    const header = `00-${TRACE}-${SPAN}-${flags}`
    t.equal(writeTraceparent(readTraceparent(header)!), header)
  }
})
