import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

const PING = readFileSync(join(import.meta.dirname, '../sql/gateway/ping.sql'), 'utf8')

/** So long the host that was found is taken for the right one: connections that are made at once need not all look. */
const REMEMBERED_MS = 1000

/** How long hosts have to respond; one that says nothing must not hold up the others. */
const SEARCH_MS = 2500

/** One that is not what is looked for is asked again so often while others say nothing: it may become it. */
const ASK_AGAIN_MS = 200

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s
const TARGET = /([?&])target_session_attrs=([^&]*)&?/

/**
 * What the driver can tell. For it, a hot standby is `read-write`; where there is no standby, reads go to the primary
 * anyway.
 */
const TARGETS: Record<string, string> = {
  primary: 'primary', 'read-write': 'primary', standby: 'standby', 'read-only': 'standby', 'prefer-standby': 'standby'
}

/** The address of each host that an address names, which mostly is one (libpq's form, which URL does not read). */
export function hostsOf (url: string): string[] {
  const [, before = '', hosts = '', after = ''] = PARTS.exec(url) ?? []
  return hosts.includes(',') ? hosts.split(',').map((host) => before + host + after) : [url]
}

/**
 * The address with what its hosts are to be, where it names several: what it says itself in `target_session_attrs`,
 * else `otherwise`. Any will do where neither says.
 */
export function aimed (url: string, otherwise?: 'primary'): string {
  if (hostsOf(url).length === 1) return url
  const target = TARGETS[TARGET.exec(url)?.[2] ?? ''] ?? otherwise
  const bare = url.replace(TARGET, '$1').replace(/[?&]$/, '')
  return target ? `${bare}${bare.includes('?') ? '&' : '?'}target_session_attrs=${target}` : bare
}

const found = new Map<string, { host: Promise<string>, until: number }>()

/**
 * The address of the one host that responds first and is what `aimed` says; the address itself where it names one only.
 *
 * @throws Error (CONNECTION_NO_HOST) naming the reason of each
 */
export async function findHost (url: string): Promise<string> {
  const hosts = hostsOf(url)
  if (hosts.length === 1) return url
  const known = found.get(url)
  if (known && performance.now() < known.until) return await known.host
  const search = { host: firstOf(hosts), until: Infinity }
  found.set(url, search)
  try {
    return await search.host
  } finally {
    search.until = performance.now() + REMEMBERED_MS
  }
}

/** Host and port that an address of one host names. */
export function placeOf (url: string): { host: string, port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5432) }
}

/** For another driver (pg), which takes one host only: a socket that goes to the right one, wherever it is sent. */
export class SocketToHost extends Socket {
  readonly #url: string

  constructor (url: string) {
    super()
    this.#url = url
  }

  override connect (): this {
    findHost(this.#url).then((found) => {
      const { host, port } = placeOf(found)
      super.connect(port, host)
    }, (error) => this.destroy(error))
    return this
  }
}

async function firstOf (hosts: string[]): Promise<string> {
  const { promise: end, reject } = Promise.withResolvers<never>()
  end.catch(() => {})
  let isOver = false
  const endWith = (reason: string) => {
    isOver = true
    reject(new Error(reason))
  }
  const timer = setTimeout(() => endWith('no answer in time'), SEARCH_MS)
  // Who has not answered yet. When all have, there is nothing to wait for.
  const silent = new Set(hosts)
  try {
    return await Promise.any(hosts.map(async (host) => {
      for (;;) {
        try {
          await ask(host, end)
          return host
        } catch (error) {
          silent.delete(host)
          if (silent.size === 0 || isOver) throw error
        }
        await sleep(ASK_AGAIN_MS)
      }
    }))
  } catch (error) {
    const reasons = (error as AggregateError).errors.map(
      ({ code = '', message }: NodeJS.ErrnoException) => `${code} ${message}`.trim()
    )
    throw Object.assign(new Error(`none of the hosts can be had: ${reasons.join('; ')}`),
      { code: 'CONNECTION_NO_HOST' })
  } finally {
    clearTimeout(timer)
    endWith('another was found')
  }
}

/** Whether a host responds and is what its address says; rejects with why not. */
async function ask (host: string, end: Promise<never>): Promise<void> {
  const client = postgres(host, {
    max: 1,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 2,
    connection: { application_name: 'db-service' }
  })
  try {
    await Promise.race([client.unsafe(PING), end])
  } finally {
    client.end({ timeout: 0 }).catch(() => {})
  }
}
