import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Python with packages, in a folder of its own.
 *
 * @param packages each with its version, such as `attrs==26.1.0`
 * @returns the folder of its programs; or why there is none here
 */
export async function installPython (
  folder: string, ...packages: string[]
): Promise<{ bin: string, skip: string | false }> {
  const venv = join(folder, 'venv')
  const bin = join(venv, 'bin')
  try {
    await run('python3', ['-m', 'venv', venv])
  } catch (error) {
    return { bin, skip: `no python3 with venv here: ${(error as Error).message.split('\n')[0]}` }
  }
  try {
    await run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
      timeout: 300_000
    })
    return { bin, skip: false }
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    // A fault of the package itself is none of the registry's.
    if (!/No matching distribution|connection|ConnectTimeout|ReadTimeout|timed out|resolve/i.test(stderr)) throw error
    return { bin, skip: `no Python package registry here: ${stderr.trim().split('\n').at(-1)}` }
  }
}
