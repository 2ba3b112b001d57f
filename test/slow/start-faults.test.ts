import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { loadConfig } from '../../plugins/settings.ts'
import { startFault } from '../../common/start-faults.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** How a program of ours ends that cannot start. */
async function fault (file: string, cwd: string, env: Record<string, string>, node = process.execPath) {
  const { code, stdout, stderr } = await run(node, [join(root, 'scripts/start.js'), join(root, file)], {
    cwd, env: { PORT: '0', ...env }
  })
    .then(() => ({ code: 0, stdout: '', stderr: '' }), (error) => error)
  return { code, text: `${stdout}${stderr}` }
}

t.test('a start that cannot be says in a sentence what to do, without a stack, and exits with 1', async (t) => {
  const dir = t.testdir({ file: '', 'with-lines': { '.env': 'PORT=7000\nno assignment\n' } })
  mkdirSync(join(dir, 'with-folder/.env'), { recursive: true })
  const here = dir
  const cases: [string, string, Record<string, string>, RegExp][] = [
    [
      'DATA_DIR is a file', here, { DATA_DIR: join(dir, 'file') },
      /DATA_DIR .*cannot be used to keep a SECRET_KEY.*name another/
    ],
    [
      'DATA_DIR below a file', here, { DATA_DIR: join(dir, 'file/below'), SECRET_KEY: 'x' },
      /part of its path is a file.*DATA_DIR/
    ],
    ['.env is a folder', join(dir, 'with-folder'), {}, /\.env cannot be read: EISDIR/],
    ['.env has a faulty line', join(dir, 'with-lines'), {}, /\.env, line 2, is neither NAME=value/],
    [
      'nobody there', here, { DATABASE_URL: 'postgres://u@127.0.0.1:1/d', SECRET_KEY: 'x' },
      /DATABASE_URL: connect ECONNREFUSED/
    ]
  ]
  for (const [name, cwd, env, sentence] of cases) {
    for (const file of ['server.ts', 'scripts/migrate.ts']) {
      const { code, text } = await fault(file, cwd, env)
      t.equal(code, 1, `${name}, ${file}`)
      if (file === 'server.ts' || !/DATABASE_URL:/.test(sentence.source)) t.match(text, sentence, `${name}, ${file}`)
      t.notMatch(text, /\n +at /, 'no stack')
    }
  }
})

/** An older Node of this machine, such as the one of its distribution. */
const older = async () => {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(folder, 'node')
    if (!existsSync(node)) continue
    const { stdout } = await run(node, ['--version'])
    if (Number(/\d+/.exec(stdout)?.[0]) < 24) return node
  }
}

const node = await older()
t.test('an older Node says that it is one', { skip: node ? false : 'needs a Node before 24 on this machine' },
  async (t) => {
    for (const file of ['server.ts', 'scripts/migrate.ts']) {
      const { code, text } = await fault(file, t.testdir(), {}, node)
      t.equal(code, 1)
      t.match(text, /^db-service needs Node 24 or newer, and this is Node \d.*Install Node 24, or .*npm ci\n$/)
    }
  })

t.test('a package that is not installed is named', async (t) => {
  const file = join(t.testdir({}), 'x.ts')
  writeFileSync(file, "import 'no-such-package'\n")
  const { code, stderr } = await run(process.execPath, [join(root, 'scripts/start.js'), file]).catch((error) => error)
  t.equal(code, 1)
  t.equal(stderr, 'The package no-such-package is not installed: npm ci\n')
})

t.test('a fault of the program itself shows its stack; one of the machine or the settings does not', async (t) => {
  const config = loadConfig({ DATABASE_URL: 'postgres://u@h/d', PORT: '80' })
  for (const error of [
    new TypeError('x is not a function'), new ReferenceError('y'),
    Object.assign(new TypeError('z'), { code: 'ERR_INVALID_ARG_TYPE' })
  ]) {
    t.equal(startFault(error, config).bug, error)
  }
  const system = (code: string, syscall: string) => Object.assign(new Error(`${code}: ${syscall}`), { code, syscall })
  t.same(startFault(system('EACCES', 'listen'), config), {
    sentence: 'Port 80 is not for this user: set PORT to one from 1024 up'
  })
  t.match(startFault(system('EADDRNOTAVAIL', 'listen'), config), { sentence: /set HOST/, bug: undefined })
  t.match(startFault(system('ECONNREFUSED', 'connect'), config), { sentence: /DATABASE_URL: /, bug: undefined })
  t.match(startFault(new Error('Do this.'), config), {
    sentence: 'db-service could not start: Do this.', bug: undefined
  })
})
