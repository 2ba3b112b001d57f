import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openLoader, SHOP, type Loader } from '../seeds/loader/loading.ts'

const root = join(import.meta.dirname, '../..')

/** Runs scripts on the loader's database, with a data folder of their own. */
async function scripts (t: Test, { url }: Loader) {
  const dataDir = await mkdtemp(join(tmpdir(), 'scripts-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))
  const run = async (script: string, args: string[] = [], env: Record<string, string> = {}) =>
    await new Promise<{ code: number, stdout: string, stderr: string }>((resolve) => {
      const child = execFile(process.execPath, [join(root, 'scripts', script), ...args], {
        cwd: root, env: { PATH: process.env.PATH, DATABASE_URL: url, DATA_DIR: dataDir, ...env }
      }, (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }))
    })
  return { run, dataDir }
}

t.test('npm run seed prints what became of the rows, and fails on rejects only if asked to be strict', {
  timeout: 200_000
}, async (t) => {
  const loader = await openLoader(t)
  const { run, dataDir } = await scripts(t, loader)
  const dir = await loader.folder({ ...SHOP, 'aisles.csv': `${SHOP['aisles.csv']}x,y\n` })

  const seeded = await run('seed.ts', ['--dir', dir])
  t.equal(seeded.code, 0)
  t.match(seeded.stdout, /^aisles\.csv +2 +0 +1$/m)
  t.match(seeded.stdout, /^total +22 +0 +1$/m)
  t.ok(seeded.stdout.includes(join(dataDir, 'rejects')))
  t.equal(await readFile(join(dataDir, 'rejects/aisles.csv'), 'utf8'),
    'line,reason,row\n4,"aisle_id is not a whole number: x","x,y"\n')

  const strict = await run('seed.ts', ['--strict'], { SEED_DIR: dir })
  t.match(strict, { code: 1, stdout: /^total +0 +22 +1$/m })
  t.match(await run('seed.ts', ['--strict', '--dir', await loader.folder(SHOP)]), { code: 0 })
})

t.test('npm run seed fails where nothing was loaded, and says what to do', { timeout: 200_000 }, async (t) => {
  const loader = await openLoader(t)
  const { run } = await scripts(t, loader)
  t.match(await run('seed.ts', ['--dir', await loader.folder({ 'aisles.csv': 'aisle_id,aisle\nx,y\n' })]), {
    code: 1, stderr: /Nothing was loaded/
  })
  t.match(await run('seed.ts', ['--dir', '/nowhere']), {
    code: 1, stderr: /\/nowhere, cannot be read .* Set SEED_DIR or --dir/
  })
  t.match(await run('seed.ts', ['--directory', '/nowhere']), {
    code: 2, stderr: /^Unknown option '--directory'\nNothing was done/
  })
  t.match(await run('seed.ts', [], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }), {
    code: 1, stderr: /ECONNREFUSED/
  })
})

t.test('npm run seed -- --dry-run loads, reports and rolls back; refused files and what nobody reads are named', {
  timeout: 200_000
}, async (t) => {
  const loader = await openLoader(t)
  const { run } = await scripts(t, loader)
  const dir = await loader.folder({
    ...SHOP, 'aisles.csv': SHOP['aisles.csv'].replaceAll(',', ';'), 'Departments.csv': 'x', 'notes.txt': 'x'
  })
  const { code, stdout } = await run('seed.ts', ['--dir', dir, '--dry-run'])
  t.equal(code, 0)
  t.match(stdout, /^aisles\.csv +0 +0 +1$/m)
  t.match(stdout, /^aisles\.csv is refused: separated by semicolons/m)
  t.match(stdout, /^Departments\.csv is not read: did you mean departments\.csv\?\nnot read: notes\.txt$/m)
  t.match(stdout, /everything was rolled back/)
  t.same(await loader.sql`select from products.departments`, [])
})

t.test('npm run reset builds everything anew; in production only with ALLOW_RESET', { timeout: 200_000 }, async (t) => {
  const loader = await openLoader(t)
  const { run } = await scripts(t, loader)
  const dir = await loader.folder(SHOP)
  await loader.load(SHOP)
  await loader.sql`insert into products.departments (department_name) values ('gone soon')`
  const rows = async () =>
    (await loader.sql`select count(*)::int as departments from products.departments`)[0]!.departments

  const production = { NODE_ENV: 'production', API_KEYS: 'x'.repeat(40), SECRET_KEY: 'x'.repeat(40), SEED_DIR: dir }
  const { hostname, port, pathname } = new URL(loader.url)
  const name = pathname.slice(1)
  const contents = `The database ${name} on ${hostname}:${port} holds 2 users and 3 orders.\n`
  t.match(await run('reset.ts', ['--yes', name], production), { code: 1, stderr: /needs ALLOW_RESET=true/ })
  t.match(await run('reset.ts', ['--yes', name], { SEED_DIR: '/nowhere' }), { code: 1, stderr: /\/nowhere/ })
  t.match(await run('reset.ts', [], { SEED_DIR: dir }), {
    code: 1, stderr: `${contents}Nothing was dropped: without a terminal this needs --yes ${name}\n`
  })
  t.match(await run('reset.ts', ['--force'], { SEED_DIR: dir }), { code: 1, stderr: /Nothing was dropped/ })
  t.match(await run('reset.ts', ['--yes', 'postgres'], { SEED_DIR: dir }), {
    code: 1, stderr: `Nothing was dropped: the database is called ${name}, not postgres.`
  })
  t.same(await run('reset.ts', ['--dry-run']), {
    code: 0, stdout: '', stderr: `${contents}This was a dry run: nothing was dropped.\n`
  })
  t.equal(await rows(), 3, 'nothing was dropped')
  await loader.sql`select setval('orders.orders_id_seq', 5000000), setval('users.users_id_seq', 450000, false)`
  t.match(await run('reset.ts', ['--yes', name], { ...production, ALLOW_RESET: 'true' }), {
    code: 0, stdout: /^total +22 +0 +0$/m
  })
  t.same(
    await loader.sql`select nextval('orders.orders_id_seq')::int as order, nextval('users.users_id_seq')::int as user`,
    [{ order: 5_000_001, user: 450_000 }], 'no id comes twice'
  )
  t.equal(await rows(), 2)
  t.match(await run('migrate.ts'), { code: 0, stdout: /up to date/ })
})
