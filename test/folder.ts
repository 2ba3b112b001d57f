import { registerHooks } from 'node:module'
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { emptyShelf, openShelf } from './shelf.ts'

/** What hangs, hangs no longer; a file that is slow by its nature says so itself. */
const FILE_MS = 600_000
/** The longest that a file asks for (test/slow/queues-at-size.test.ts), and room for it to say what went wrong. */
const LONGEST_MS = 1_300_000
/** How long a process may take to end when all its tests have. */
const ENDING_MS = 10_000
const SCHEME = 'test-of:'

/** The test that each file is, by the file's address. */
const tests = new Map<string, Test>()

/** The test of a file that runs in this process. */
export const testOf = (file: string): Test => tests.get(file)!

// A file that imports tap gets the test that it is: what it calls at its top level stands under its own name.
registerHooks({
  resolve: (specifier, context, next) => specifier === 'tap' && tests.has(context.parentURL ?? '')
    ? { url: SCHEME + context.parentURL, format: 'module', shortCircuit: true }
    : next(specifier, context),
  load: (url, context, next) => url.startsWith(SCHEME)
    ? {
        source:
          `import { testOf } from ${JSON.stringify(import.meta.url)}; export default ` +
            `testOf(${JSON.stringify(url.slice(SCHEME.length))})`,
        format: 'module',
        shortCircuit: true
      }
    : next(url, context)
})

/**
 * Runs test files one after another in this process: starting it and importing the gateway takes as long as most of
 * them.
 */
export function runFiles (root: string, files: string[]): void {
  openShelf()
  t.setTimeout(Math.max(LONGEST_MS, FILE_MS * files.length))
  for (const file of files) {
    t.test(relative(root, file), { timeout: FILE_MS }, async (t) => {
      const before = process.cpuUsage()
      const { href } = pathToFileURL(file)
      tests.set(href, t)
      t.teardown(() => {
        const { user, system } = process.cpuUsage(before)
        t.comment(`${((user + system) / 1e6).toFixed(1)} s of the processor`)
      })
      await import(href)
    })
  }
  t.end()
  t.teardown(async () => {
    await emptyShelf()
    // A teardown that fails leaves open what it would have closed, and the process with it, until tap's timeout.
    setTimeout(() => {
      process.stderr.write(
        `The tests have ended, but this is still open: ${process.getActiveResourcesInfo().join(', ')}\n`
      )
      process.exit(1)
    }, ENDING_MS).unref()
  })
}
