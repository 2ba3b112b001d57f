import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')

const page = read('docs/dependencies.md')
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
const section = (name: string) => page.split(`\n## ${name}\n`)[1]!.split('\n## ')[0]!

t.test('docs/dependencies.md says of every production dependency why, and of no other', async (t) => {
  const rows = section('In production').matchAll(/^\| ([^|]+) \| [^|]+ \| \d+ \| [\d,]+ \|$/gm)
  const named = [...rows].flatMap(([, names]) => names!.split(', '))
  t.same(named.sort(), Object.keys(dependencies!).sort())
})

t.test('and names every development dependency', async (t) => {
  const words = new Set([...section('For developers alone').matchAll(/[\w@][\w@/.-]*\w/g)].map(
    ([word]) => word.toLowerCase()
  ))
  for (const name of Object.keys(devDependencies!)) t.ok(name.startsWith('@types/') || words.has(name), name)
})
