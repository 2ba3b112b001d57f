// Raises the number in sql/version, where migrations, views, functions or triggers are not as it says: npx node
// scripts/schema-version.ts Also after a merge that left both sides' lines in the file: the larger number counts.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../database/migration/index.ts'

if (process.argv.length > 2) {
  console.error('Usage: npx node scripts/schema-version.ts')
  process.exit(process.argv.includes('--help') ? 0 : 1)
}
const file = join(import.meta.dirname, '../sql/version')
const text = readFileSync(file, 'utf8')
const numbers = text.split('\n').filter((line) => /^\d+$/.test(line)).map(Number)
const digest = await digestOf()
if (numbers.length === 1 && text.split('\n')[1] === digest) console.log(`sql/version ${numbers[0]} is as it should be.`)
else {
  const version = Math.max(...numbers) + 1
  writeFileSync(file, `${version}\n${digest}\n`)
  console.log(`sql/version is ${version} now.`)
}
