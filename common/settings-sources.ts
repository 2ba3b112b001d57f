import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** A whole assignment, its value in quotes over several lines or not. */
const QUOTED = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)[^\n]*/gm
const LINE = /^\s*(?:#.*|(?:export\s+)?[\w.-]+\s*=\s*(?!["'`]).*)?$/

/**
 * Takes the variables of a `.env` file over into the environment, where there is one; what the environment says itself
 * wins. env-schema would do so too, but in silence about what it cannot read.
 *
 * @returns a sentence for each fault: a file that cannot be read, lines that Node would ignore in silence
 */
export function readEnvFile (file = '.env', env: NodeJS.ProcessEnv = process.env): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [`${file} cannot be read: ${message}`]
  }
  if (text.includes('\0') || text.includes('\uFFFD')) return [`${file} is no UTF-8 text: save it as UTF-8`]
  // Line breaks stay, so that the numbers are right.
  const rest = text.replace(QUOTED, (found) => found.replace(/[^\n]/g, ''))
  const faults = rest.split(/\r?\n/).flatMap((line, n) =>
    LINE.test(line) ? [] : [`${file}, line ${n + 1}, is neither NAME=value nor a # comment, or its quotes do not end`])
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value
  return faults
}

/**
 * The values of secrets that come as `<NAME>_FILE`, the path of a file: without the line break at its end.
 *
 * @returns the values by name, and a sentence for each file that cannot be used
 */
export function readSecretFiles (names: readonly string[], env: NodeJS.ProcessEnv) {
  const values: Record<string, string> = {}
  const faults: string[] = []
  for (const name of names) {
    const path = env[`${name}_FILE`]
    if (!path) continue
    if (env[name]) {
      faults.push(`${name} and ${name}_FILE are both set: leave one of them out`)
      continue
    }
    try {
      const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
      if (value === '') faults.push(`${name}_FILE names an empty file: ${path}`)
      else values[name] = value
    } catch (error) {
      faults.push(`${name}_FILE cannot be read: ${(error as Error).message}`)
    }
  }
  return { values, faults }
}
