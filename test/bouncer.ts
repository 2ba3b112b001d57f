import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { Test } from 'tap'

/** The PgBouncer of this machine; undefined where there is none. */
export const BOUNCER = ['/usr/sbin/pgbouncer', 'pgbouncer'].find((path) => spawnSync(path, ['--version']).status === 0)

/** A PgBouncer in transaction mode in front of a server, for every login and database of it. */
export async function bounce (t: Pick<Test, 'teardown'>, url: string): Promise<string> {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const to = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'db-service-bouncer-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'users.txt'), `"${to.username}" "${decodeURIComponent(to.password)}"\n`)
  writeFileSync(join(folder, 'pgbouncer.ini'), `[databases]
* = host=${to.hostname} port=${to.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
auth_user = ${to.username}
auth_query = select usename, passwd from pg_catalog.pg_shadow where usename = $1
pool_mode = transaction
max_client_conn = 2000
default_pool_size = 10
server_idle_timeout = 5
unix_socket_dir =
${process.getuid?.() === 0 ? 'user = nobody' : ''}
ignore_startup_parameters = extra_float_digits,statement_timeout,lock_timeout,` +
  'idle_in_transaction_session_timeout,plan_cache_mode,enable_seqscan,jit,bytea_output,search_path,' +
  `default_transaction_read_only,max_parallel_workers_per_gather,client_min_messages
`)
  const child = spawn(BOUNCER!, [join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => { log += chunk })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true })
  })
  while (!/process up/.test(log)) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${log}`)
    await sleep(20)
  }
  const through = new URL(url)
  through.port = String(port)
  return through.href
}

/** What the gateway asks for where a pooler drops the settings of connections (docs/operating.md). */
export async function setLimits (url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  const { pathname, username } = new URL(url)
  for (const setting of [
    'statement_timeout = \'5s\'', 'lock_timeout = \'100ms\'', 'plan_cache_mode = \'force_generic_plan\'',
    'enable_seqscan = \'off\'', 'jit = \'off\''
  ]) {
    await sql.unsafe(`alter role ${username} in database ${pathname.slice(1)} set ${setting}`)
  }
  await sql.end()
}
