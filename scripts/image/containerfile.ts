/** One step of a stage. A command is what is executed, word by word: the shell form is `/bin/sh -c`. */
export type Step =
  | { kind: 'WORKDIR', path: string } |
  { kind: 'ENV', values: Record<string, string> } |
  { kind: 'COPY', sources: string[], target: string, from?: string, chown?: string } |
  { kind: 'RUN', command: string[] } |
  { kind: 'USER', user: string } |
  { kind: 'EXPOSE', ports: string[] } |
  { kind: 'HEALTHCHECK', options: Record<string, string>, command: string[] } |
  { kind: 'CMD', command: string[] }

/** From one FROM to the next: the image it begins with, its own name, and what is done. */
export interface Stage { image: string, name?: string, steps: Step[] }

/** Reads a word of an instruction with its options into a step. */
type Reader = (text: string, options: Record<string, string>) => Step

const READERS: Record<Step['kind'], Reader> = {
  WORKDIR: (path) => ({ kind: 'WORKDIR', path }),
  ENV: (text) => ({ kind: 'ENV', values: assignments(text) }),
  COPY: (text, { from, chown }) => {
    const words = text.split(/\s+/)
    const target = words.pop()!
    if (words.length === 0) throw new Error(`COPY ${text} has no target`)
    return { kind: 'COPY', sources: words, target, ...from && { from }, ...chown && { chown } }
  },
  RUN: (text) => ({ kind: 'RUN', command: command(text) }),
  USER: (user) => ({ kind: 'USER', user }),
  EXPOSE: (text) => ({ kind: 'EXPOSE', ports: text.split(/\s+/) }),
  HEALTHCHECK: (text, options) => {
    const [, rest] = /^CMD\s+(.+)$/.exec(text) ?? []
    if (!rest) throw new Error(`HEALTHCHECK ${text} is not followed by CMD`)
    return { kind: 'HEALTHCHECK', options, command: command(rest) }
  },
  CMD: (text) => ({ kind: 'CMD', command: command(text) })
}

const OPTIONS: Partial<Record<Step['kind'], string[]>> = {
  COPY: ['from', 'chown'],
  HEALTHCHECK: ['interval', 'timeout', 'start-period', 'retries']
}

/**
 * Reads a Containerfile: no more of its language than this project's uses. Whatever else stands there is an error, so
 * that nothing is passed over in silence.
 */
export function parseContainerfile (text: string): Stage[] {
  const stages: Stage[] = []
  for (const line of instructions(text)) {
    const [, kind = '', rest = ''] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? []
    if (kind === 'FROM') stages.push(stage(rest, stages))
    else if (!Object.hasOwn(READERS, kind)) throw new Error(`unknown instruction: ${line}`)
    else if (stages.length === 0) throw new Error(`before the first FROM: ${line}`)
    else stages.at(-1)!.steps.push(step(kind as Step['kind'], rest, stages))
  }
  if (stages.length === 0) throw new Error('there is no FROM')
  return stages
}

/** The lines that belong together, without comments. */
function instructions (text: string): string[] {
  return text.split('\n').filter((line) => !/^\s*#/.test(line)).join('\n').replace(/\\\n\s*/g, '').split('\n')
    .map((line) => line.trim()).filter((line) => line !== '')
}

function stage (text: string, before: Stage[]): Stage {
  const [, image = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(text) ?? []
  if (image === '') throw new Error(`not understood: FROM ${text}`)
  if (before.some((other) => other.name === image)) throw new Error(`FROM ${text}: a stage on a stage is not supported`)
  return { image, ...name && { name }, steps: [] }
}

function step (kind: Step['kind'], text: string, stages: Stage[]): Step {
  const options: Record<string, string> = {}
  let rest = text
  for (let found; (found = /^--([^\s=]+)(?:=(\S+))?\s+/.exec(rest)) !== null; rest = rest.slice(found[0].length)) {
    const [, name = '', value] = found
    if (!OPTIONS[kind]?.includes(name) || !value) throw new Error(`unknown option --${name} of ${kind}`)
    options[name] = value
  }
  if (options.from && !stages.slice(0, -1).some(({ name }) => name === options.from)) {
    throw new Error(`no stage before is called ${options.from}`)
  }
  return READERS[kind](rest, options)
}

function assignments (text: string): Record<string, string> {
  const pairs = text.split(/\s+/).map((pair) => /^(\w+)=([^"'$\\]*)$/.exec(pair) ?? [])
  if (pairs.some(([, name]) => name === undefined)) throw new Error(`not understood: ENV ${text}`)
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, value!]))
}

function command (text: string): string[] {
  if (!text.startsWith('[')) return ['/bin/sh', '-c', text]
  const words: unknown = JSON.parse(text)
  if (!Array.isArray(words) || words.length === 0 || words.some((word) => typeof word !== 'string')) {
    throw new Error(`no list of words: ${text}`)
  }
  return words
}
