import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startGateway } from '../gateway.ts'
import { installPython } from './python.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const GENERATOR = 'openapi-python-client==0.29.1'

t.setTimeout(600_000)

const folder = t.testdir()
const { bin, skip } = await installPython(folder, GENERATOR)

t.test('a Python client, generated from openapi.json, makes every call of the tour', { skip }, async (t) => {
  const { stdout: said } = await run(join(bin, 'openapi-python-client'), [
    'generate', '--path', join(root, 'openapi.json'), '--config', join(root, 'docs/python-client.yaml'), '--meta',
    'none',
    '--output-path', join(folder, 'db_service')
  ])
  t.notMatch(said, /will not be generated/, 'no operation is left out')

  const gateway = await startGateway(t, {
    DATA_DIR: join(folder, 'data'), API_KEYS: 'tour-key', ADMIN_API_KEYS: 'tour-admin-key'
  })
  t.match(gateway.url, /^http/, gateway.output())
  const python = async (...args: string[]) => await run(join(bin, 'python'), args, {
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }
  })
  const [, snippet = ''] = /```python\n([^]*?)```/.exec(await readFile(join(root, 'docs/clients.md'), 'utf8')) ?? []
  const { stdout: price } = await python('-c',
    snippet.replace('http://localhost:7000', gateway.url).replace('a-key', 'tour-key'))
  t.equal(price.trim(), '6.98', 'what docs/clients.md shows')

  const { stdout } = await python(join(import.meta.dirname, 'python_tour.py'), gateway.url, 'tour-key',
    'tour-admin-key')
  t.match(JSON.parse(stdout), {
    order_id: /^\d+$/,
    total: 6.98,
    refusal: 'INVALID_STATUS_TRANSITION',
    own_order: /^ORD-/,
    invoice: [19, true],
    name: 'Ada King Lovelace'
  })
})
