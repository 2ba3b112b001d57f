/**
 * Drills: a fault or a size that happens to such services is brought about, and what is seen is compared with what is
 * promised.
 *
 *   npm run drill -- --list              what there is
 *   npm run drill -- <name> [--short]    runs one; --short: smaller and quicker
 *
 * Exits with 0 where all was as expected, with 1 where it was not, and with 2 (nothing done) on arguments that are not
 * known. Each is a file of scripts/drills/ that exports `summary` and `run`.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What was done, what the contract or the law says of it, what was seen, and whether that holds. */
export interface Verdict { done: string, expected: string, seen: string, holds: boolean }

interface Drill {
  /** One line: what is brought about. */
  summary: string
  /** Does it, cleans up, and judges. A fault of the drill itself is thrown. */
  run (options: { isShort: boolean }): Promise<Verdict[]>
}

const folder = join(import.meta.dirname, 'drills')
const names = readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length))
  .sort()
const USAGE = 'npm run drill -- <name> [--short] | --list | --help'

const open = async (name: string): Promise<Drill> => await import(join(folder, `${name}.ts`))

async function list (): Promise<string> {
  const width = Math.max(...names.map((name) => name.length))
  const lines = await Promise.all(names.map(async (name) => `  ${name.padEnd(width)}  ${(await open(name)).summary}`))
  return lines.join('\n')
}

/** What the arguments ask for; null where they are none of ours. */
function readArguments () {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { list: { type: 'boolean' }, help: { type: 'boolean' }, short: { type: 'boolean' } }
    })
    const [name] = positionals
    if (values.help || values.list) return positionals.length === 0 ? { ...values, name: '' } : null
    return positionals.length === 1 && names.includes(name!) ? { ...values, name: name! } : null
  } catch {
    return null
  }
}

const asked = readArguments()
if (asked === null) {
  console.error(`${USAGE}\nThe drills are ${names.join(', ')}.`)
  process.exitCode = 2
} else if (asked.help) console.log(`${USAGE}\n\n${await list()}`)
else if (asked.list) console.log(await list())
else {
  const verdicts = await (await open(asked.name)).run({ isShort: asked.short === true })
  for (const { done, expected, seen, holds } of verdicts) {
    console.log(`\n${holds ? 'HOLDS' : 'FAILS'}\n  done      ${done}\n  expected  ${expected}\n  seen      ${seen}`)
  }
  if (!verdicts.every(({ holds }) => holds)) process.exitCode = 1
}
