import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import '../helper.ts'

const root = join(import.meta.dirname, '../..')

async function makeFolder (t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'interrupted-'))
  await chmod(dir, 0o755)
  t.teardown(async () => {
    for (const pid of await processesOf(dir)) process.kill(pid, 'SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  })
  return dir
}

/** Processes that name the folder, or work in it. */
async function processesOf (dir: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    const [command, cwd] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), readlink(`/proc/${pid}/cwd`).catch(() => '')
    ])
    if (pid !== process.pid && (command.includes(dir) || cwd.startsWith(dir))) found.push(pid)
  }
  return found
}

/** Runs a program of ours with a data folder of its own, signals it when the moment has come, and says how it ended. */
async function interrupt (
  dataDir: string, args: string[], signal: NodeJS.Signals, hasCome: (output: string) => boolean | Promise<boolean>
) {
  const child = spawn('node', args, {
    cwd: root, env: { PATH: process.env.PATH, PORT: '0', DRAIN_SECONDS: '0.2', DATA_DIR: dataDir }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk })
  const ended = once(child, 'exit')
  while (child.exitCode === null && !await hasCome(output)) await sleep(2)
  const hadEnded = child.exitCode !== null
  child.kill(signal)
  const [code] = await ended
  return { code, output, hadEnded }
}

/** Moments of a first start, in their order. */
const moments = (dataDir: string): [string, (output: string) => boolean | Promise<boolean>][] => [
  ['while initdb runs', async () => (await readdir(dataDir)).some((name) => name.startsWith('postgres.new-'))],
  ['when PostgreSQL starts', () => existsSync(join(dataDir, 'postgres/postmaster.pid'))],
  ['when PostgreSQL is ready', (output) => /PostgreSQL is ready/.test(output)]
]
const later: [string, (output: string) => boolean][] = [
  ['after the first load', (output) => /loaded .* rows/.test(output)],
  ['when it listens', (output) => /Server listening/.test(output)],
  ['when all is up', (output) => /Docs:/.test(output)]
]

t.test('a gateway that is interrupted leaves no process behind, and the next one starts', async (t) => {
  const dataDir = await makeFolder(t)
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const
  for (const [n, [moment, hasCome]] of [...moments(dataDir), ...later].entries()) {
    const { code, output, hadEnded } = await interrupt(dataDir, ['server.ts'], signals[n]!, hasCome)
    t.notOk(hadEnded, `${signals[n]} ${moment}: it came to that`)
    t.equal(code, 0, `${signals[n]} ${moment}: exit code 0`)
    t.same(await processesOf(dataDir), [], `${signals[n]} ${moment}: no process`)
    t.notMatch(output, / {4}at /, 'no stack trace')
    t.notOk((await readdir(dataDir)).some((name) => /new-|lock/.test(name)), 'nothing half done')
  }
})

t.test('so does one that is interrupted at any moment of its second start', async (t) => {
  const dataDir = await makeFolder(t)
  await interrupt(dataDir, ['server.ts'], 'SIGTERM', (output) => /Docs:/.test(output))
  for (let delay = 0; delay < 3000; delay += 300) {
    const since = performance.now()
    await interrupt(dataDir, ['server.ts'], 'SIGTERM', () => performance.now() - since > delay)
    t.same(await processesOf(dataDir), [], `after ${delay} ms`)
  }
})

for (const script of ['migrate', 'seed', 'admin']) {
  t.test(`npm run ${script} that is interrupted leaves no process behind, and fails`, async (t) => {
    const dataDir = await makeFolder(t)
    const args = [`scripts/${script}.ts`, ...script === 'admin' ? ['create', 'admin@example.com'] : []]
    for (const [moment, hasCome] of moments(dataDir)) {
      const { code, output, hadEnded } = await interrupt(dataDir, args, 'SIGINT', hasCome)
      t.notOk(hadEnded, `${moment}: it came to that`)
      t.equal(code, 130, `${moment}: exit code`)
      t.same(await processesOf(dataDir), [], `${moment}: no process`)
      t.notMatch(output, / {4}at /, 'no stack trace')
    }
  })
}

t.test('an interrupted gateway leaves the server to another one that uses it', async (t) => {
  const dataDir = await makeFolder(t)
  const env = { PATH: process.env.PATH, PORT: '0', DRAIN_SECONDS: '0', DATA_DIR: dataDir }
  const first = spawn('node', ['server.ts'], { cwd: root, env })
  let output = ''
  first.stdout.on('data', (chunk) => { output += chunk })
  while (!/Docs:/.test(output)) await sleep(20)
  await interrupt(dataDir, ['scripts/seed.ts'], 'SIGINT', (said) => /adopted/.test(said))
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  first.kill('SIGTERM')
  t.strictSame(await once(first, 'exit'), [0, null])
  t.same(await processesOf(dataDir), [])
})
