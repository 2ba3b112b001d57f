import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { layOut } from '../../scripts/image/lay-out.ts'
import { megabytesOf } from '../../scripts/image/tree.ts'
import { startGateway } from '../gateway.ts'
import { freshDatabase } from '../helper.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/**
 * Half of the 288 packages and 149 MB of release 1.0, and OpenTelemetry's 9 of 18 MB; docs/dependencies.md has the
 * figures of each.
 */
const MAX_PACKAGES = 153
const MAX_MEGABYTES = 93

function countPackages (folder: string): number {
  const { packages } = JSON.parse(readFileSync(join(folder, '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { link?: boolean }>
  }
  return Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link).length
}

t.test('what the image holds runs without the development dependencies', async (t) => {
  const target = mkdtempSync(join(tmpdir(), 'db-service-production-'))
  t.teardown(() => rmSync(target, { recursive: true }))
  const { folder } = await layOut(root, target)
  const [packages, megabytes] = [
    countPackages(join(folder, 'node_modules')),
    megabytesOf(join(folder, 'node_modules')) - megabytesOf(join(folder, 'node_modules/.cache'))
  ]
  t.comment(`${packages} packages, ${megabytes.toFixed(1)} MB`)
  t.ok(packages <= MAX_PACKAGES, `${packages} packages`)
  t.ok(megabytes <= MAX_MEGABYTES, `${megabytes.toFixed(1)} MB`)

  const settings = {
    SECRET_KEY: 'signs nothing here, of 32 characters',
    API_KEYS: 'a-key-of-16-characters',
    DATA_DIR: join(target, 'data'),
    SEED_DIR: 'seeds'
  }

  await t.test('in production, with its pages, a load and a login', async (t) => {
    // Reset: every migration runs here.
    const rebuild = { RESET_DATABASE_ON_STARTUP: 'true', ALLOW_RESET: 'true' }
    const production = { ...settings, ...rebuild, NODE_ENV: 'production', DATABASE_URL: await freshDatabase(t) }
    const { url, output, process: gateway, ended } = await startGateway(t, production, folder)
    t.not(url, '', output())
    const get = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${url}${path}`, {
        ...init, headers: { 'x-api-key': production.API_KEYS, 'content-type': 'application/json' }
      })
      return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
    }
    for (const path of ['/readyz', '/openapi.json', '/metrics', '/products?limit=1']) {
      t.equal((await get(path)).status, 200, path)
    }
    for (const path of ['/docs', '/redoc']) {
      const page = await get(path)
      t.match(page, { status: 200, type: /^text\/html/ }, path)
      const files = [...page.text.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g)].map(
        ([, file]) => new URL(file!, `${url}${path}`).pathname
      )
      t.ok(files.length > 0, `${path} has scripts`)
      for (const file of files) {
        t.match(await get(file), { status: 200, type: file.endsWith('.js') ? /javascript/ : /css/ }, file)
      }
    }
    const login = await get('/users/login', {
      method: 'POST', body: JSON.stringify({ email_address: 'user@example.com', password: 'a password' })
    })
    t.equal(login.status, 401, 'a password is compared')
    gateway.kill('SIGTERM')
    t.equal(await ended, 0)
  })

  await t.test('on a terminal in development: lines of JSON, and no bar', async (t) => {
    const isTerminal = 'data:text/javascript,process.stdout.isTTY=true;process.stderr.isTTY=true'
    const development = { ...settings, NODE_OPTIONS: `--import=${isTerminal}`, DATABASE_URL: await freshDatabase(t) }
    const { url, output } = await startGateway(t, development, folder)
    t.not(url, '', output())
    const { stderr } = await run('node', ['scripts/start.js', 'scripts/seed.ts', '--dry-run'], {
      cwd: folder, env: { PATH: process.env.PATH, ...development }
    })
    t.match(stderr, /^\d+ % done, reading \S+\.csv/m)
  })
})
