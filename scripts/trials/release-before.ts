import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/**
 * The project as it was at the commit before this one, with the packages of now; null where this clone does not have
 * it, or where it asks for other packages.
 */
export function commitBefore (teardown: (callback: () => void) => void): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  // Where something is not committed yet, this is what is to become the next commit.
  const isClean = git('status', '--porcelain').stdout === ''
  const commit = isClean ? 'HEAD^' : 'HEAD'
  if (git('cat-file', '-e', `${commit}^{commit}`).status !== 0) return null
  if (git('diff', '--quiet', commit, '--', 'package-lock.json').status !== 0) return null
  const folder = mkdtempSync(join(tmpdir(), 'db-service-before-'))
  teardown(() => rmSync(folder, { recursive: true, force: true }))
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 256 * 1024 ** 2 })
  execFileSync('tar', ['x', '-C', folder], { input: archive })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
