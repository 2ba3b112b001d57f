import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { endIfInterrupted } from '../database/interrupt.ts'

const root = join(import.meta.dirname, '..')

export interface Gateway { process: ChildProcess, url: string, output: () => string, ended: Promise<number | null> }

/**
 * Starts `node server.ts` on a free port and waits until it listens, or has ended. `folder`: the project's, this one's
 * or another release's.
 */
export async function startGateway (
  t: Pick<Test, 'teardown'>, settings: Record<string, string>, folder = root
): Promise<Gateway> {
  const { PATH, TAP } = process.env
  const child = spawn('node', ['server.ts'], {
    cwd: folder, env: { PATH, TAP, PORT: '0', DRAIN_SECONDS: '0.3', ...settings }
  })
  let output = ''
  child.stdout.on('data', (chunk) => { output += chunk })
  child.stderr.on('data', (chunk) => { output += chunk })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  endIfInterrupted(async () => { child.kill('SIGKILL') })
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  })
  let url = ''
  while (url === '' && child.exitCode === null && child.signalCode === null) {
    url = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? ''
    await sleep(20)
  }
  return { process: child, url, output: () => output, ended }
}
