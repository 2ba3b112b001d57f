import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { say } from '../say.ts'

/** What is installed: one package of npm, in exactly this version. */
export interface Package { name: string, version: string }

/** What npm says where nobody answers, by the names of Node and its own. */
const AWAY = new Set([
  'ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH',
  'ERR_SOCKET_TIMEOUT', 'FETCH_ERROR'
])
const INSTALL_MS = 15 * 60_000

/** Where a user's programs keep what they can get again: 500 MB are not fetched for each run. */
const cacheDir = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'db-service-bench')

/**
 * Installs a package beside this project, never into it, unless an earlier run has. Resolves with its folder.
 *
 * @throws Error that says in a sentence why there is none, such as a registry that is away
 */
export async function install ({ name, version }: Package): Promise<string> {
  const folder = join(cacheDir(), `${name.replace(/\W+/g, '-').replace(/^-/, '')}-${version}`)
  if (await versionIn(folder, name) === version) return folder
  await mkdir(cacheDir(), { recursive: true })
  // Under its name only once it is complete: an interrupted one is never taken for an installation.
  const draft = await mkdtemp(`${folder}.`)
  try {
    say(`installing ${name} ${version} into ${folder}`)
    await writeFile(join(draft, 'package.json'), '{"private":true}\n')
    await npmInstall(draft, { name, version })
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  return folder
}

async function versionIn (folder: string, name: string): Promise<string | undefined> {
  const file = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(() => '{}')
  return JSON.parse(file).version
}

/** No scripts of packages: what compiles there is for databases that are not asked here, and takes minutes. */
async function npmInstall (cwd: string, { name, version }: Package): Promise<void> {
  const args = ['install', `${name}@${version}`, '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund',
    '--fetch-retries=1', '--fetch-retry-mintimeout=1000']
  try {
    await promisify(execFile)('npm', args, { cwd, timeout: INSTALL_MS, maxBuffer: 64 * 1024 ** 2 })
  } catch (error) {
    throw new Error(`${name} ${version} could not be installed: ${reasonOf(error as NpmFault)}. ` +
      'Without --peers everything else is measured.', { cause: error })
  }
}

interface NpmFault { code?: unknown, killed?: boolean, stderr?: string }

/** Why npm failed, in words that end a sentence. */
export function reasonOf ({ code, killed, stderr = '' }: NpmFault): string {
  if (code === 'ENOENT') return 'there is no npm on this machine'
  if (killed) return `npm was not ready within ${INSTALL_MS / 60_000} minutes`
  const said = /^npm (?:error|ERR!) code (\S+)/m.exec(stderr)?.[1]
  if (said !== undefined && AWAY.has(said)) return `the registry of npm is away (${said})`
  if (said === 'E404' || said === 'ETARGET') return `the registry of npm does not have it (${said})`
  const lines = stderr.split('\n').filter((line) => /^npm (error|ERR!) (?!A complete log|code )\S/.test(line))
  return `npm says ${lines[0]?.replace(/^npm (error|ERR!) /, '').replace(/\.$/, '') ?? 'nothing of why'}`
}
