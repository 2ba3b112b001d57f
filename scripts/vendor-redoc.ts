// Copies ReDoc's page script from the development dependency to plugins/assets, with its licences, version and SHA-256:
// npx node scripts/vendor-redoc.ts, after each update of redoc. The gateway serves the copy: ReDoc as a package brings
// React, core-js and a hundred others along, which a page that is one file has no use for.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

if (process.argv.length > 2) {
  console.error('Usage: npx node scripts/vendor-redoc.ts')
  process.exit(process.argv.includes('--help') ? 0 : 1)
}
const require = createRequire(import.meta.url)
const read = (name: string) => readFileSync(require.resolve(`redoc/${name}`))
const write = (name: string, content: string | Buffer) => writeFileSync(
  join(import.meta.dirname, '../plugins/assets', name), content
)

const { version, license } = JSON.parse(String(read('package.json'))) as { version: string, license: string }
const bundle = read('bundles/redoc.standalone.js')
const sha256 = createHash('sha256').update(bundle).digest('hex')
write('redoc.standalone.js', bundle)
write('redoc.standalone.js.LICENSE.txt',
  `${String(read('LICENSE')).trim()}\n\n${String(read('bundles/redoc.standalone.js.LICENSE.txt'))}`)
const about = { version, license, sha256, from: 'https://www.npmjs.com/package/redoc, bundles/redoc.standalone.js' }
write('redoc.json',
  `${JSON.stringify(about, null, 2)}\n`)
console.log(`plugins/assets/redoc.standalone.js is ReDoc ${version} (${bundle.length} bytes, SHA-256 ${sha256}).`)
