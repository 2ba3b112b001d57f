import { misused, readArguments, wholeNumber } from '../arguments.ts'
import { PEER_CASES } from './peers/peer.ts'
import { NAMES, type Name } from './requests.ts'

export const USAGE = `
npm run bench [-- --quick] [--only NAME,NAME] [--rounds N] [--seconds N] [--connections N] [--json FILE] [--svg FILE]
              [--peers] [--database URL [--writes]]

Measures the gateway, started as production runs it: thirteen requests, each beside a minimal gateway (bare Fastify,
the stock driver, the statements of 27 November 2026) and beside PostgreSQL alone, and our statement beside the best
one known for the same response. In turns, medians of all rounds, and with the processor time of each process for each
request. How to read it: docs/performance.md.

  --quick          at most 90 s: processor time beside the minimal gateway only; exit code 1 where a request is over
                   its limit
                   (scripts/bench/thresholds.ts)
  --only NAMES     some of ${NAMES.slice(0, 7).join(', ')},
                   ${NAMES.slice(7).join(', ')}
  --rounds N       how often each is measured (5)
  --seconds N      how long each time (2)
  --connections N  of the load generator (32); statements run on a quarter of them
  --peers          then ${PEER_CASES.join(', ')} beside PostGraphile and Platformatic DB, in turns, on the same
                   database. npm installs them in the user's cache folder the first time (500 MB)
  --json FILE      writes the figures
  --svg FILE       writes a bar chart of them
  --database URL   a shop that is there: its rows are read only. The gateway brings its schema up to date, and two
                   schemas, bench_reference and bench_best, are made and dropped again. Without it: a database of
                   its own on the server of the tests (embedded, or TEST_DATABASE_URL), filled from SEED_DIR (seeds)
  --writes         measures the writes there, too, by users of its own, who are deleted again: for shops that nobody
                   uses

Exit code 1 where something fails, or responses differ.
`

export interface Options {
  isQuick: boolean
  only: Name[]
  rounds: number
  seconds: number
  connections: number
  withPeers: boolean
  json: string | undefined
  svg: string | undefined
  database: string | undefined
  mayWrite: boolean
}

/** Reads what is asked for. Ends the process on arguments that are not known. */
export function options (): Options {
  const { values } = readArguments(USAGE, {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string' },
    peers: { type: 'boolean' },
    json: { type: 'string' },
    svg: { type: 'string' },
    database: { type: 'string' },
    writes: { type: 'boolean' }
  })
  const number = (name: 'rounds' | 'seconds' | 'connections', fallback: number) =>
    values[name] === undefined ? fallback : wholeNumber(`--${name}`, values[name], USAGE)
  const only = values.only?.split(',').map((name) => name.trim()) ?? [...NAMES]
  for (const name of only) {
    if (!NAMES.includes(name as Name)) misused(`--only does not know ${name}`, USAGE)
  }
  if (values.peers && values.quick) misused('--peers takes longer than --quick may: one of them at a time', USAGE)
  if (values.peers && !PEER_CASES.some((name) => only.includes(name))) {
    misused(`--peers goes with one of ${PEER_CASES.join(', ')}`, USAGE)
  }
  if (values.writes && values.database === undefined) misused('--writes goes with --database', USAGE)
  if (values.database !== undefined && !/^postgres(ql)?:\/\//.test(values.database)) {
    misused('--database must be a postgres:// URL', USAGE)
  }
  return {
    isQuick: values.quick ?? false,
    only: only as Name[],
    rounds: number('rounds', values.quick ? 3 : 5),
    seconds: number('seconds', 2),
    connections: number('connections', 32),
    withPeers: values.peers ?? false,
    json: values.json,
    svg: values.svg,
    database: values.database,
    mayWrite: values.database === undefined || values.writes === true
  }
}
