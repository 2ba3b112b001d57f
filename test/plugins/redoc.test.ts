import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'

const require = createRequire(import.meta.url)
const kept = (name: string) => readFileSync(join(import.meta.dirname, '../../plugins/assets', name))
const original = (name: string) => readFileSync(require.resolve(`redoc/${name}`))

t.test(
  'the copy of ReDoc is the development dependency’s file, byte for byte (else: npx node scripts/vendor-redoc.ts)',
  async (t) => {
    const bundle = kept('redoc.standalone.js')
    t.ok(bundle.equals(original('bundles/redoc.standalone.js')))
    const { version, license, sha256 } = JSON.parse(String(kept('redoc.json')))
    t.match(JSON.parse(String(original('package.json'))), { version, license })
    t.equal(sha256, createHash('sha256').update(bundle).digest('hex'))
    const licences = String(kept('redoc.standalone.js.LICENSE.txt'))
    t.ok(licences.includes(String(original('LICENSE')).trim()), 'the licence goes along')
    t.ok(licences.includes(String(original('bundles/redoc.standalone.js.LICENSE.txt'))), 'those of what is in it, too')
  }
)
