/**
 * Drills: a fault or a size that happens to such services is brought about, and what is seen is compared with what is
 * promised.
 *
 *   npm run drill -- --list              what there is
 *   npm run drill -- <name> [--short]    runs one; --short: smaller and quicker; --seed N: another history
 *   npm run drill -- --all [--short]     runs one after the other; of the short forms the quick ones
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
  /** The short form takes less than 20 s, and judges nothing that others on the machine decide. */
  isQuick?: boolean
  /** It is about somebody's shop, not about the gateway. */
  isOfAShop?: boolean
  /** Does it, cleans up, and judges. A fault of the drill itself is thrown. */
  run (options: { isShort: boolean, seed?: number }): Promise<Verdict[]>
}

const folder = join(import.meta.dirname, 'drills')
const names = readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length))
  .sort()
const USAGE = 'npm run drill -- <name> [--short] [--seed N] | --all [--short] | --list | --help'

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
      options: {
        list: { type: 'boolean' },
        help: { type: 'boolean' },
        all: { type: 'boolean' },
        short: { type: 'boolean' },
        seed: { type: 'string' }
      }
    })
    const [name = ''] = positionals
    const seed = values.seed === undefined ? undefined : Number(values.seed)
    if (seed !== undefined && !Number.isSafeInteger(seed)) return null
    if (values.help || values.list || values.all) return positionals.length === 0 ? { ...values, name, seed } : null
    return positionals.length === 1 && names.includes(name) ? { ...values, name, seed } : null
  } catch {
    return null
  }
}

/** Runs a drill and prints its verdicts; says whether all hold. */
async function runOne ({ run }: Drill, isShort: boolean, seed: number | undefined): Promise<boolean> {
  const verdicts = await run({ isShort, ...seed !== undefined && { seed } })
  for (const { done, expected, seen, holds } of verdicts) {
    console.log(`\n${holds ? 'HOLDS' : 'FAILS'}\n  done      ${done}\n  expected  ${expected}\n  seen      ${seen}`)
  }
  return verdicts.every(({ holds }) => holds)
}

/** Runs them one after the other; one that cannot be run fails, and the others are run all the same. */
async function runAll (isShort: boolean, seed: number | undefined): Promise<boolean> {
  const failed: string[] = []
  for (const name of names) {
    const drill = await open(name)
    if (drill.isOfAShop || (isShort && !drill.isQuick)) continue
    console.log(`\n--- ${name}: ${drill.summary}`)
    const holds = await runOne(drill, isShort, seed).catch((error: Error) => console.error(error.message))
    if (!holds) failed.push(name)
  }
  console.log(failed.length === 0 ? '\nAll hold.' : `\nNot as expected: ${failed.join(', ')}`)
  return failed.length === 0
}

const asked = readArguments()
if (asked === null) {
  console.error(`${USAGE}\nThe drills are ${names.join(', ')}.`)
  process.exitCode = 2
} else if (asked.help) console.log(`${USAGE}\n\n${await list()}`)
else if (asked.list) console.log(await list())
else {
  const isShort = asked.short === true
  const hold = asked.all ? await runAll(isShort, asked.seed) : await runOne(await open(asked.name), isShort, asked.seed)
  if (!hold) process.exitCode = 1
}
