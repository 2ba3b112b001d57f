import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'

t.setTimeout(300_000)

const root = join(import.meta.dirname, '../..')

/** Processes whose command line names the folder: the PostgreSQL under it. */
const processesOf = async (folder: string) => await new Promise<string[]>((resolve) => {
  execFile('ps', ['-eo', 'pid,args'],
    (_error, stdout) => resolve(stdout.split('\n').filter((line) => line.includes(folder))))
})

/** The moment is what the command says, or a file it makes in its data folder. */
const CASES: [script: string, args: string[], signal: NodeJS.Signals, code: number, moment: RegExp | string][] = [
  ['seed.ts', [], 'SIGINT', 130, /reading aisles\.csv: [1-9]/],
  ['seed.ts', ['--dry-run'], 'SIGTERM', 143, /reading aisles\.csv: [1-9]/],
  ['reset.ts', ['--yes', 'db_service'], 'SIGHUP', 129, /reading aisles\.csv: [1-9]/],
  ['migrate.ts', [], 'SIGTERM', 143, /process \d+, port/],
  ['migrate.ts', [], 'SIGINT', 130, 'postgres.password'],
  ['migrate.ts', [], 'SIGTERM', 143, 'postgres/postmaster.pid']
]

for (const [script, args, signal, code, moment] of CASES) {
  t.test(`${[script, ...args].join(' ')}, ended by ${signal} at ${moment}, leaves no process behind`, async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'interrupted-'))
    t.teardown(async () => await rm(home, { recursive: true, force: true }))
    await writeFile(join(home, 'aisles.csv'),
      `aisle_id,aisle\n${Array.from({ length: 300_000 }, (_, n) => `${n + 1},aisle ${n}\n`).join('')}`)
    const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, DATA_DIR: join(home, 'data'), SEED_DIR: home },
      stdio: ['ignore', 'ignore', 'pipe']
    })
    let said = ''
    const ended = once(child, 'exit')
    child.stderr.on('data', (chunk) => { said += String(chunk) })
    const hasCome = () => typeof moment === 'string' ? existsSync(join(home, 'data', moment)) : moment.test(said)
    while (child.exitCode === null && !hasCome()) await sleep(5)
    t.ok(hasCome())
    child.kill(signal)
    // npm passes on what its child has had already.
    child.kill(signal)
    t.same(await ended, [code, null], said)
    t.same(await processesOf(home), [])
  })
}
