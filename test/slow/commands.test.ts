import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

t.setTimeout(120_000)

const root = join(import.meta.dirname, '../..')

/** What a command must not touch: nobody listens there, and the folder is not made. */
const env = {
  PATH: process.env.PATH, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', DATA_DIR: join(t.testdirName, 'untouched')
}

const run = async (script: string, args: string[]) =>
  await new Promise<{ code: number, stdout: string, stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [join(root, script), ...args], { cwd: root, env },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }))
  })

t.test('Every command tells its usage and touches nothing; what it does not know is an error, and nothing is done', {
  timeout: 120_000
}, async (t) => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const commands = Object.entries(scripts)
    .map(
      ([name, line]) =>
        [name, /^(?:exec )?node (?:scripts\/start\.js )?(scripts\/\S+\.ts)$/.exec(line)?.[1] ?? ''] as const
    )
    .filter(([, script]) => script !== '')
  t.ok(commands.length >= 8)
  const openapi = await readFile(join(root, 'openapi.json'), 'utf8')
  const waiting = commands.values()
  await Promise.all([1, 2].map(async () => {
    for (const [name, script] of waiting) {
      const help = await run(script, ['--help'])
      t.match(help, { code: 0, stdout: new RegExp(`^npm run ${name}\\b`), stderr: '' }, name)
      t.match(await run(script, ['--dry-rum']), { code: 2, stdout: '', stderr: /\S/ }, name)
    }
  }))
  t.match(await run('scripts/reset.ts', ['production']), {
    code: 2, stdout: '', stderr: /one argument too many: production\nNothing was done/
  })
  t.notOk(existsSync(env.DATA_DIR))
  t.equal(await readFile(join(root, 'openapi.json'), 'utf8'), openapi)
})
