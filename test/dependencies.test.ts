import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')

t.test('docs/dependencies.md says of every production dependency why, and of no other', async (t) => {
  const [, production = ''] = /## In production\n([^]*?)\n## /.exec(read('docs/dependencies.md')) ?? []
  const named = [...production.matchAll(/^\| ([^|]+) \| [^|]+ \| \d+ \| [\d,]+ \|$/gm)].flatMap(([, names]) => names!.split(', '))
  t.same(named.sort(), Object.keys(JSON.parse(read('package.json')).dependencies).sort())
})
