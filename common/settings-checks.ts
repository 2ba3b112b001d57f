import { BlockList, isIP } from 'node:net'
import { CronExpressionParser } from 'cron-parser'

/** What is wrong with a setting: sentences that begin with its name and never repeat a value that may be secret. */
export type Faults = (name: string, value: any, settings: Record<string, any>) => string[]

/** `,` parts several hosts of one address; in a list of addresses the next one begins with its scheme. */
export const NEXT_ADDRESS = /,(?=\s*postgres(?:ql)?:)/

/** What both drivers, postgres.js and pg-boss's pg, take. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

const DATABASE = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^/?#,]*))?(?:\?([^#]*))?$/
const HOST = /^(?:\[[\da-f:.]+\]|[^\s:[\]]*)(?::(\d+))?$/i
const SPELLING = 'special characters of a password are written as %XX, such as %40 for @'

/** Of one or several databases, each of which may name several hosts (libpq's form, which URL does not read). */
export const faultyDatabase: Faults = (name, addresses: string | string[]) => [addresses].flat().flatMap((address) => {
  const [, login = '', hosts, database = '', query = ''] = DATABASE.exec(address) ?? []
  if (hosts === undefined || !decodes(login + database)) {
    return [`${name} cannot be read as an address such as postgres://user:password@host:5432/name; ${SPELLING}`]
  }
  const faults: string[] = []
  for (const host of hosts.split(',')) {
    const [found, port = '5432'] = HOST.exec(host) ?? []
    if (found === undefined) faults.push(`${name} has a host that cannot be read; ${SPELLING}`)
    else if (!isPort(port)) faults.push(`${name} has a port that is not between 1 and 65535`)
  }
  const mode = new URLSearchParams(query).get('sslmode')
  const isMode = mode === null || SSL_MODES.includes(mode)
  if (!isMode) faults.push(`${name} has an sslmode that is none of ${SSL_MODES.join(', ')}`)
  return faults
})

/** The same for the address of any other service. */
export const faultyAddress = (example: string): Faults => (name, address: string) => {
  const url = URL.parse(address)
  if (url && (url.port === '' || isPort(url.port)) && url.hostname !== '' && url.hash === '' &&
    decodes(url.username + url.password + url.pathname)) return []
  return [`${name} cannot be read as an address such as ${example}, with a port between 1 and 65535; ${SPELLING}`]
}

/** By the parser that pg-boss asks too, which also finds days that never come, such as 31 February. */
export const faultyCron: Faults = (name, cron: string) => {
  const never = complaint(() => CronExpressionParser.parse(cron, { tz: 'UTC' }).next())
  return never.map((message) => `${name} is no time that ever comes: ${message}`)
}

const isPort = (text: string) => Number(text) >= 1 && Number(text) <= 65535

const decodes = (text: string) => complaint(() => decodeURIComponent(text)).length === 0

/** What this throws, in a list. */
function complaint (attempt: () => unknown): string[] {
  try {
    attempt()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** Tells whether an address is one of these, or within these CIDR ranges. IPv4 counts in its IPv6 notation, too. */
export function addressMatcher (ranges: string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d+))?$/.exec(range) ?? []
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

export const samePort: Faults = (name, port: number, { PORT }) =>
  port !== 0 && port === PORT ? [`${name} must be another port than PORT`] : []

export const faultyUpstreams: Faults = (name, ranges: string[]) => ranges
  .filter((range) => complaint(() => addressMatcher([range])).length > 0)
  .map((range) => `${name} has an entry that is no address or CIDR range: ${range}`)

export const faultyOrigins: Faults = (name, origins: string[], { NODE_ENV }) => origins.flatMap((origin) => {
  if (origin === '*') return NODE_ENV === 'production' ? [`${name} must name each origin in production, not *`] : []
  if (URL.parse(origin)?.origin === origin && !origin.includes('*')) return []
  return [`${name} has an entry that is no origin such as https://shop.example: ${origin}`]
})

/** A shorter key may be guessed: a caller without one has RATE_LIMIT tries a minute. */
const MIN_KEY_LENGTH = 16

/** What production refuses, of all settings together. */
export const unsafeDefaults: Faults = (_name, settings) => {
  if (settings.NODE_ENV !== 'production') return []
  const faults: string[] = []
  for (const name of ['API_KEYS', 'ADMIN_API_KEYS']) {
    const isShort = settings[name].some((key: string) => key.length < MIN_KEY_LENGTH)
    if (isShort) faults.push(`${name} has an entry of fewer than ${MIN_KEY_LENGTH} characters`)
  }
  if (!settings.DATABASE_URL) faults.push('DATABASE_URL must be set in production')
  if (settings.API_KEYS.length === 0) faults.push('API_KEYS must name at least one key in production')
  if (!settings.SECRET_KEY) faults.push('SECRET_KEY must be set in production')
  // RFC 7518, section 3.2: a key for HS256 is no shorter than its hash.
  else if (settings.SECRET_KEY.length < 32) faults.push('SECRET_KEY must have 32 characters or more in production')
  if (settings.RESET_DATABASE_ON_STARTUP && !settings.ALLOW_RESET) {
    faults.push('RESET_DATABASE_ON_STARTUP needs ALLOW_RESET=true in production')
  }
  return faults
}
