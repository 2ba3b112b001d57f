import { parseArgs, type ParseArgsConfig } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

/** The exit code for a command that was not understood, as with most tools of Unix. */
const MISUSED = 2

/**
 * Reads a command's arguments, before it has done anything. `--help` prints the usage and ends the process; what is not
 * understood ends it with exit code 2, said in a sentence.
 *
 * @param usage what `--help` prints; its first line is the call
 * @param positionals how many arguments without a name there may be, at least and at most
 */
export function readArguments<T extends Options> (
  usage: string, options: T, positionals: [least: number, most: number] = [0, 0]
) {
  try {
    const { values, positionals: given } = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true, strict: true
    })
    if ((values as { help?: boolean }).help) {
      console.log(usage.trim())
      process.exit(0)
    }
    const [least, most] = positionals
    if (given.length > most) throw new Error(`There is one argument too many: ${given[most]}`)
    if (given.length < least) throw new Error('There is an argument missing.')
    return { values: values as ReturnType<typeof parseArgs<{ options: T }>>['values'], positionals: given }
  } catch (error) {
    // Without Node's advice on arguments that begin with a dash.
    misused((error as Error).message.split('. ')[0]!, usage)
  }
}

/** Ends a command that was not understood. */
export function misused (reason: string, usage: string): never {
  console.error(`${reason}\nNothing was done. How to call it:\n\n${usage.trim()}`)
  process.exit(MISUSED)
}

/** A number of an argument. */
export function wholeNumber (name: string, value: string, usage: string): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number === 0) {
    misused(`${name} must be a whole number above 0: ${value}`, usage)
  }
  return number
}
