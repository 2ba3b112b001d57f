import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { some } from './checks.ts'

const ROOT = join(import.meta.dirname, '..')

/** A pause for something to have happened by then: too short on a busy machine, too long on any other. */
const MAX_MS = 100

/** The pauses of a text in ms: sleep(500), setTimeout(resolve, 500); not the time limits of tests. */
const pausesIn = (text: string): number[] =>
  [...text.matchAll(/\bsleep\((\d[\d_]*)|(?<!\.)setTimeout\([^;\n]*?, (\d[\d_]*)\)/g)].map(
    ([, a, b]) => Number((a ?? b)!.replaceAll('_', ''))
  )

t.test('no test waits for the clock: for events, with until() of checks.ts, or it is one of test/slow', async (t) => {
  t.strictSame(pausesIn("await sleep(1_500); setTimeout(resolve, 200); t.setTimeout(9000); 'select pg_sleep(60)'"), [
    1500, 200
  ])
  const files = some(t, globSync('test/**/*.ts', { cwd: ROOT, exclude: ['test/slow/**', 'test/waits.test.ts'] }),
    'files')
  for (const file of files) {
    t.strictSame(pausesIn(readFileSync(join(ROOT, file), 'utf8')).filter((ms) => ms > MAX_MS), [], file)
  }
})
