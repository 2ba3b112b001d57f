import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { Test } from 'tap'
import { isAlive, readPostmaster } from '../postmaster.ts'

const module = new URL('../index.ts', import.meta.url).href
export const settings = { fsync: 'off' }

/** A gateway in miniature: starts the server, says so, and stops it when its input ends. */
const gateway = `
  import { startEmbedded } from '${module}'
  const server = await startEmbedded(process.argv[1], { settings: { fsync: 'off' } })
  console.log(JSON.stringify(server))
  process.stdin.resume().once('end', () => server.stop())`

interface Gateway {
  child: ChildProcess
  ready: Promise<{ url: string, adopted: boolean }>
  ended: Promise<unknown>
}

export function startGateway (dataDir: string): Gateway {
  const child = spawn(process.execPath, ['--input-type=module', '-e', gateway, dataDir], {
    env: { PATH: process.env.PATH }, stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const said = new Promise<string>(resolve => child.stdout?.once('data', data => resolve(String(data))))
  return { child, ended, ready: Promise.race([said, ended.then(() => '{}')]).then(text => JSON.parse(text)) }
}

export async function makeFolder (test: Test): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-test-'))
  await chmod(dataDir, 0o755)
  test.teardown(async () => {
    const left = await readPostmaster(join(dataDir, 'postgres'))
    if (left !== undefined && left.pid > 0 && left.pid !== process.pid && isAlive(left.pid)) {
      process.kill(left.pid, 'SIGQUIT')
    }
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
  })
  return dataDir
}

export async function pidOf (dataDir: string): Promise<number> {
  return (await readPostmaster(join(dataDir, 'postgres')))?.pid ?? 0
}

export async function query<T extends object> (url: string, text: string): Promise<T[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return [...await sql.unsafe<T[]>(text)]
  } finally {
    // Without a limit it waits for ever once a connection broke under a query.
    await sql.end({ timeout: 1 })
  }
}
