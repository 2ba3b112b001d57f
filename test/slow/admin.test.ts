import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openOwnShop } from '../helper.ts'

const root = join(import.meta.dirname, '../..')

t.test('npm run admin -- create EMAIL', { timeout: 60_000 }, async (t) => {
  const { call, sql, url } = await openOwnShop(t)
  const dataDir = await mkdtemp(join(tmpdir(), 'admin-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))
  const run = async (...args: string[]) => await new Promise<{ code: number, stdout: string, stderr: string }>(
    (resolve) => {
      const child = execFile(process.execPath, [join(root, 'scripts/admin.ts'), ...args], {
        cwd: root, env: { PATH: process.env.PATH, DATABASE_URL: url, DATA_DIR: dataDir }
      }, (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }))
      child.stdin?.end()
    }
  )
  const isAdmin = async (email: string, password: string) => {
    const { json } = await call('POST', '/api/auth/login', { email, password })
    return (await call('GET', '/api/orders/all', undefined, { authorization: `Bearer ${json.token}` })).status === 200
  }

  const made = await run('create', 'boss@example.com')
  t.match(made, { code: 0, stdout: /boss@example\.com is a new administrator.*: (\S{24})\n$/ })
  t.ok(await isAdmin('boss@example.com', made.stdout.trim().slice(-24)), 'with the password that was shown')

  t.notOk(await isAdmin('user1@example.com', 'password'))
  t.match(await run('create', 'USER1@example.com'), { code: 0, stdout: /is an administrator now/ })
  t.ok(await isAdmin('user1@example.com', 'password'), 'who was a user keeps the password')
  t.strictSame([...await sql`select count(*)::int from users.users where role = 'admin'`.values()], [[2]])

  for (const args of [
    [], ['create'], ['create', 'nobody'], ['remove', 'boss@example.com'], ['create', 'a@example.com', 'b@example.com'],
    ['create', '--force', 'a@b.example']
  ]) {
    const { code, stdout, stderr } = await run(...args)
    t.strictSame([code, stdout], [2, ''], args.join(' '))
    t.match(stderr, /\S/)
  }
  t.strictSame([...await sql`select count(*)::int from users.users`.values()], [[6]])
})
