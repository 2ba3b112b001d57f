import { execFile, execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sql } from 'postgres'
import type { Statement } from './generator.ts'

/** Whether PostgreSQL's own benchmark is on this machine. */
export function hasPgbench (): boolean {
  try {
    execFileSync('pgbench', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Text, a comment, a parameter, or a colon, which pgbench would take for the begin of a variable. */
const TOKEN = /'(?:[^']|'')*'|--[^\n]*|\$(\d+)|::|:/g

/**
 * A statement for pgbench. Its own parameters are each a new one wherever they stand, so that the server could not
 * always tell the type: it is asked for beforehand, and written down. An unset variable is null.
 */
export function scriptOf (text: string, types: string[], prefix: string): string {
  const written = text.replace(TOKEN, (token, number?: string) => {
    if (number !== undefined) return ` :${prefix}_${number}::${types[Number(number) - 1]} `
    if (token.startsWith('--')) return ''
    return token === ':' ? ': ' : token
  })
  return `${written.trim()};\n`
}

async function typesOf (sql: Sql, text: string): Promise<string[]> {
  const reserved = await sql.reserve()
  try {
    await reserved.unsafe(`prepare bench_types as ${text}`)
    const [{ types }] = await reserved.unsafe(
      "select parameter_types::text[] as types from pg_prepared_statements where name = 'bench_types'") as unknown as [
      { types: string[] }
    ]
    await reserved.unsafe('deallocate bench_types')
    return types
  } finally {
    reserved.release()
  }
}

/** Writes the transactions as pgbench takes them, each a script of its own. Resolves with the arguments for each. */
export async function writeScripts (
  sql: Sql, transactions: Statement[][], folder: string, name: string
): Promise<string[][]> {
  const types = new Map<string, string[]>()
  const scripts: string[][] = []
  for (const [n, statements] of transactions.entries()) {
    const parts: string[] = []
    const args: string[] = []
    for (const [m, { text, parameters }] of statements.entries()) {
      if (!types.has(text)) types.set(text, await typesOf(sql, text))
      const prefix = `v${n}_${m}`
      parts.push(scriptOf(text, types.get(text)!, prefix))
      for (const [at, value] of parameters.entries()) {
        if (value !== null) args.push('-D', `${prefix}_${at + 1}=${value}`)
      }
    }
    const file = join(folder, `${name}-${n}.sql`)
    await writeFile(file, parts.join(''))
    scripts.push([...args, '-f', file])
  }
  return scripts
}

/** The server and the settings of a connection, for the programs of PostgreSQL. */
function environmentOf (databaseUrl: string, settings: Record<string, string>): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  return {
    PATH: process.env.PATH,
    PGHOST: hostname,
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGOPTIONS: Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
      .join(' ')
  }
}

const FIGURES = /actually processed: (\d+)[\s\S]*tps = ([\d.]+) \(without/

/**
 * Runs pgbench for so many seconds. A write's scripts are each another user's: pgbench would have its clients
 * wait for each other's users, so each script gets a pgbench of its own.
 */
export async function runPgbench (
  databaseUrl: string, settings: Record<string, string>, scripts: string[][], { clients, isApart, seconds }: {
    clients: number, isApart: boolean, seconds: number
  }
): Promise<{ count: number, perSecond: number }> {
  const bound = ['-T', String(Math.ceil(seconds))]
  const calls = isApart
    ? scripts.slice(0, clients).map((script) => ['-c', '1', ...bound, ...script])
    : [['-c', String(clients), ...bound, ...scripts.flat()]]
  const results = await Promise.all(calls.map(async (args) => await call(args, environmentOf(databaseUrl, settings))))
  const sum = (name: 'count' | 'perSecond') => results.reduce((total, result) => total + result[name], 0)
  return { count: sum('count'), perSecond: sum('perSecond') }
}

async function call (args: string[], env: NodeJS.ProcessEnv): Promise<{ count: number, perSecond: number }> {
  const { stdout } = await promisify(execFile)('pgbench', ['-n', '-M', 'prepared', '-j', '1', ...args], { env })
    .catch((error) => {
      throw new Error(`pgbench failed: ${String(error.stderr).slice(0, 1000)}`)
    })
  const [, count, perSecond] = FIGURES.exec(stdout) ?? []
  if (count === undefined) throw new Error(`pgbench said nothing of its transactions:\n${stdout}`)
  return { count: Number(count), perSecond: Number(perSecond) }
}
