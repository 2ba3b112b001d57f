import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { glob, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { endIfInterrupted } from '../database/interrupt.ts'
import { BOUNCER, bounce } from './bouncer.ts'
import { discard, share, startTestServer } from './server.ts'

// npm test [-- files or folders]: one PostgreSQL for all test files, and tap with a process for each folder of them; a
// file that is named has a process to itself. POSTGRES_VERSION: on another major version; TEST_POOLER=1: gateways reach
// it through PgBouncer in transaction mode. With --slow those of test/slow and of the packages, one process each.
const root = join(import.meta.dirname, '..')
const ENTRIES = join(root, '.tap/folders')
const CACHE = join(root, 'node_modules/.cache/db-service')
const run = promisify(execFile)
/** Bytes of test files in one process: one that goes on when all others are done keeps only one core busy. */
const PART = 60_000
const sizeOf = (files: { size: number }[]) => files.reduce((sum, { size }) => sum + size, 0)
const given = process.argv.slice(2).filter((argument) => argument !== '--slow')
const isSlow = process.argv.includes('--slow')
const [named, options] = [
  given.filter((argument) => existsSync(argument)), given.filter((argument) => !existsSync(argument))
]

await rm(ENTRIES, { recursive: true, force: true })
await mkdir(ENTRIES, { recursive: true })
const files = isSlow
  ? await slowEntries()
  : (await Promise.all((named.length > 0 ? named : ['test']).map(entriesOf))).flat()
const [server] = await Promise.all([startTestServer(), buildTap(), compile()])
const endings: (() => Promise<void> | void)[] = []
if (process.env.TEST_POOLER) {
  if (!BOUNCER) throw new Error('TEST_POOLER is set, but there is no pgbouncer here (apt-get install pgbouncer)')
  server.pooler = await bounce({ teardown: (end: () => Promise<void>) => { endings.push(end) } }, server.url)
}
await share(server)
const tap = spawn('tap', [...options, ...files], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    // As scripts/start.js: a process of tests, or a gateway of its own, takes half a second less.
    NODE_COMPILE_CACHE: CACHE,
    ...isSlow && { TAP_RCFILE: join(import.meta.dirname, 'slow/.taprc') }
  }
})
endIfInterrupted(async () => {
  if (tap.exitCode === null && tap.signalCode === null) {
    tap.kill('SIGTERM')
    await once(tap, 'exit')
  }
})
const [code] = await once(tap, 'exit')
await share(null)
for (const end of endings) await end()
await server.stop()
// A failed test has kept its database, to be looked at.
if (code === 0) await discard()
process.exit(code ?? 1)

/**
 * As installed, tap brings a loader for TypeScript, which Node does not need. Making it without takes 10 s: once an
 * installation.
 */
async function buildTap (): Promise<void> {
  const built = createRequire(import.meta.resolve('tap')).resolve('@tapjs/test')
  if ((await readFile(built, 'utf8')).includes('@tapjs/typescript')) await run('tap', ['build'], { cwd: root })
}

/** Compiles the gateway where nobody has yet: else each process would, since they begin at once. */
async function compile (): Promise<void> {
  if (existsSync(CACHE)) return
  await run(process.execPath, ['--import', new URL('helper.ts', import.meta.url).href, '--eval', ''], {
    cwd: root, env: { ...process.env, NODE_COMPILE_CACHE: CACHE }
  })
}

/** A script that runs these files in one process, for tap. */
async function entry (name: string, files: string[]): Promise<string> {
  const module = new URL('folder.ts', import.meta.url).href
  const path = join(ENTRIES, `${name}.mjs`)
  await writeFile(path, `import { runFiles } from ${JSON.stringify(module)}\nrunFiles(${JSON.stringify(root)}, ` +
    `${JSON.stringify(files, null, 2)})\n`)
  return relative(root, path)
}

function nameOf (path: string): string {
  return relative(root, path).replaceAll('/', '-')
}

async function entryOf (file: string): Promise<string> {
  return await entry(nameOf(resolve(file)).replace(/\.test\.ts$/, ''), [resolve(file)])
}

/** A script for each slow test, or for each that is named. */
async function slowEntries (): Promise<string[]> {
  const files = [...named]
  if (named.length === 0) {
    for await (const file of glob(['test/slow/**/*.test.ts', 'packages/*/test/**/*.test.ts'], { cwd: root })) {
      files.push(join(root, file))
    }
  }
  return await Promise.all(files.sort().map(entryOf))
}

/**
 * A script for a file. For a folder: one for each folder in it that has test files, two of a large one, the largest
 * first.
 */
async function entriesOf (path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [await entryOf(path)]
  const found: { file: string, size: number }[] = []
  for await (const file of glob(`${path}/**/*.test.ts`, { cwd: root, exclude: ['test/slow/**'] })) {
    found.push({ file: join(root, file), size: (await stat(join(root, file))).size })
  }
  const groups = [...Map.groupBy(found, ({ file }) => dirname(file))].flatMap(([folder, list]) => {
    const parts = Math.ceil(sizeOf(list) / PART)
    const files = list.sort((a, b) => b.size - a.size)
    return Array.from({ length: parts }, (_, part) => ({
      name: nameOf(folder) + (parts > 1 ? `-${part + 1}` : ''),
      files: files.filter((_, n) => n % parts === part)
    }))
  })
  groups.sort((a, b) => sizeOf(b.files) - sizeOf(a.files))
  // tap begins with the first by name.
  return await Promise.all(groups.map(async ({ name, files }, n) =>
    await entry(`${String(n + 1).padStart(2, '0')}-${name}`, files.map(({ file }) => file).sort())))
}
