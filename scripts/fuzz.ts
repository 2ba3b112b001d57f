import { Presets, SingleBar } from 'cli-progress'
import t from 'tap'
import { readArguments, wholeNumber } from './arguments.ts'
import { fuzz, successShare, type Fault, type Report } from '../test/fuzzing/index.ts'

const USAGE = `
npm run fuzz [-- --requests 20000] [--seed 1] [--workers 4]

Sends random requests, valid and broken in every way, to a gateway on a database of its own; tells what came back, and
exits with 1 where a response, the log or the database is not as promised. --workers 1 makes a seed give the same run
again.
`
const { values } = readArguments(USAGE, {
  requests: { type: 'string', default: '20000' },
  seed: { type: 'string', default: '1' },
  workers: { type: 'string', default: '4' }
})
const requests = wholeNumber('--requests', values.requests, USAGE)
const seed = wholeNumber('--seed', values.seed, USAGE)
const workers = wholeNumber('--workers', values.workers, USAGE)

t.setTimeout(0)
await t.test(`${requests} requests, seed ${seed}`, { timeout: 0 }, async (t) => {
  const progress = showProgress(requests)
  const started = performance.now()
  let report: Report
  try {
    report = await fuzz(t, { requests, seed, workers, onProgress: progress.tell })
  } finally {
    progress.stop()
  }
  print(report, (performance.now() - started) / 1000)
  t.strictSame(report.faults, [],
    'every answer fits the OpenAPI document, none is a 5xx, and the log is one JSON object a line')
  t.strictSame(report.damage, {}, 'the database is consistent')
  t.ok(report.isReady, 'the gateway is ready')
})

function print ({ sent, counts, successes, faults }: Report, seconds: number): void {
  const lines = [`${sent} requests in ${seconds.toFixed(0)} s, seed ${seed}, ${workers} at once`]
  for (const [face, statuses] of Object.entries(counts)) {
    lines.push(
      `${face.padEnd(11)} ${String(successShare(statuses)).padStart(3)} % 2xx  ${Object.entries(statuses)
        .map(([status, n]) => `${status}: ${n}`).join(', ')}`
    )
  }
  lines.push(`${successes.size} operations answered 2xx at least once`, `${faults.length} faults`)
  for (const { operation, fault, request } of faults satisfies Fault[]) {
    lines.push('', `${operation}: ${fault}`, request)
  }
  console.error(lines.join('\n'))
}

/** A bar on a terminal, else a line for each twentieth. */
function showProgress (total: number) {
  if (!process.stderr.isTTY) {
    let last = 0
    return {
      tell (sent: number, faults: number) {
        if (sent - last < total / 20) return
        last = sent
        console.error(`${sent} of ${total} requests, ${faults} faults`)
      },
      stop () {}
    }
  }
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} requests, {faults} faults, {eta_formatted} left',
      hideCursor: true,
      clearOnComplete: true
    },
    Presets.shades_classic
  )
  bar.start(total, 0, { faults: 0 })
  return { tell: (sent: number, faults: number) => { bar.update(sent, { faults }) }, stop: () => { bar.stop() } }
}
