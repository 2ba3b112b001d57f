import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, globSync, lchownSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import { ignoring } from './ignored.ts'
import { parseContainerfile, type Stage, type Step } from './containerfile.ts'
import { entriesOf } from './tree.ts'

/** Nobody's, of whatever machine. */
export const OTHER = 65534

/** Whether a command can be run as another user than this process's. */
export const CAN_CHANGE_USER = process.getuid?.() === 0

/** What a Containerfile makes, as a folder. */
export interface Image {
  /** What its layers hold; the image it begins with is not in it. */
  root: string
  /** Of its processes. */
  folder: string
  env: Record<string, string>
  isPrivileged: boolean
  command: string[]
  healthcheck: string[]
  /** What it begins with, such as docker.io/library/node:24.21.0-trixie-slim. */
  base: string
  /** Starts a command as the image's processes run: its folder, user and environment, and nothing else of ours. */
  start (command: string[], settings?: Record<string, string>, options?: SpawnOptions): ChildProcess
}

/**
 * Does what the Containerfile says, without an engine: each stage becomes a folder. What it begins with is the Node
 * that runs here, and a RUN the same command on this machine, so a path in the shell must not begin with a slash. Where
 * this process is root, what the Containerfile gives to a user belongs to nobody (65534), as which it then runs.
 *
 * @param context the project's folder; its .dockerignore holds
 * @param target an empty folder; others are let in
 */
export async function layOut (context: string, target: string): Promise<Image> {
  const stages = parseContainerfile(readFileSync(join(context, 'Containerfile'), 'utf8'))
  const isIgnored = ignoring(readFileSync(join(context, '.dockerignore'), 'utf8'))
  const programs = join(target, 'base')
  chmodSync(target, 0o755)
  mkdirSync(programs)
  // Not a link: where this project lies, others may not be let in.
  cpSync(process.execPath, join(programs, 'node'))
  const done = new Map<string, string>()
  let image: Image | undefined
  for (const [n, stage] of stages.entries()) {
    const root = join(target, stage.name ?? `stage-${n}`)
    mkdirSync(root)
    image = await layOutStage(stage, { context, isIgnored, programs, root, done })
    if (stage.name) done.set(stage.name, root)
  }
  return image!
}

interface Place {
  context: string
  isIgnored (path: string): boolean
  programs: string
  root: string
  done: Map<string, string>
}

async function layOutStage ({ image: base, steps }: Stage, place: Place): Promise<Image> {
  const { root, programs } = place
  const image: Image = {
    root,
    base,
    folder: root,
    env: {},
    isPrivileged: true,
    command: [],
    healthcheck: [],
    start: ([program, ...args], settings = {}, options = {}) => spawn(program!, args, {
      cwd: image.folder,
      ...CAN_CHANGE_USER && !image.isPrivileged && { uid: OTHER, gid: OTHER },
      ...options,
      env: {
        // npm, which the image it begins with has, and its settings; the gateway needs neither.
        ...image.isPrivileged && process.env,
        PATH: `${programs}:${process.env.PATH}`,
        ...image.env,
        ...settings
      }
    })
  }
  for (const step of steps) await doStep(step, image, place)
  return image
}

async function doStep (step: Step, image: Image, place: Place): Promise<void> {
  const within = (path: string) => isAbsolute(path) ? join(image.root, path) : resolve(image.folder, path)
  switch (step.kind) {
    case 'WORKDIR':
      image.folder = within(step.path)
      mkdirSync(image.folder, { recursive: true })
      break
    case 'ENV':
      Object.assign(image.env, step.values)
      break
    case 'COPY':
      for (const source of sourcesOf(step, place)) {
        copy(source, targetOf(source.path, within(step.target), step.target.endsWith('/')), step.chown !== undefined)
      }
      break
    case 'RUN':
      await run(step.command, image)
      break
    case 'USER':
      image.isPrivileged = /^(root|0)(:|$)/.test(step.user)
      break
    case 'HEALTHCHECK':
      image.healthcheck = step.command
      break
    case 'CMD':
      image.command = step.command
  }
}

interface Source { path: string, isLeftOut (file: string): boolean }

/** The files and folders that a COPY names; one that names nothing is an error, as it is to an engine. */
function sourcesOf ({ sources, from }: Step & { kind: 'COPY' }, { context, isIgnored, done }: Place): Source[] {
  return sources.flatMap((source) => {
    if (from) return [{ path: join(done.get(from)!, source), isLeftOut: () => false }]
    const isLeftOut = (file: string) => isIgnored(relative(context, file))
    const found = globSync(source, { cwd: context }).map((name) => join(context, name))
      .filter((path) => !isLeftOut(path))
    if (found.length === 0) throw new Error(`COPY ${source}: there is no such file in the context`)
    return found.map((path) => ({ path, isLeftOut }))
  })
}

/** A file goes into a folder under its name; of a folder what it holds is copied. */
function targetOf (source: string, target: string, isFolder: boolean): string {
  const isInto = isFolder || (existsSync(target) && statSync(target).isDirectory())
  return isInto && !statSync(source).isDirectory() ? join(target, basename(source)) : target
}

function copy ({ path, isLeftOut }: Source, target: string, isGiven: boolean): void {
  cpSync(path, target, { recursive: true, verbatimSymlinks: true, filter: (file) => !isLeftOut(file) })
  if (isGiven && CAN_CHANGE_USER) for (const entry of entriesOf(target)) lchownSync(entry.path, OTHER, OTHER)
}

async function run (command: string[], image: Image): Promise<void> {
  if (command.some((word, n) => n > 0 && /(^|[\s=;&|<>])\//.test(word))) {
    throw new Error(`RUN ${command.join(' ')}: a path from the root would be this machine's`)
  }
  const child = image.start(command, { npm_config_prefer_offline: 'true' }, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => { output += chunk })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`RUN ${command.join(' ')} ended with ${code}:\n${output}`)
}
