import { CronExpressionParser } from 'cron-parser'

/** `,` parts several hosts of one address; in a list of addresses the next one begins with its scheme. */
export const NEXT_ADDRESS = /,(?=\s*postgres(?:ql)?:)/

/** What both drivers, postgres.js and pg-boss's pg, take. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

const DATABASE = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^/?#,]*))?(?:\?([^#]*))?$/
const HOST = /^(?:\[[\da-f:.]+\]|[^\s:[\]]*)(?::(\d+))?$/i
const SPELLING = 'special characters of a password are written as %XX, such as %40 for @'

/**
 * What is wrong with the address of a database, which may name several hosts (libpq's form, which URL does not read).
 *
 * @returns sentences that begin with the setting's name and never repeat the address
 */
export function faultyDatabase (name: string, address: string): string[] {
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
  if (mode !== null && !SSL_MODES.includes(mode)) faults.push(`${name} has an sslmode that is none of ${SSL_MODES.join(', ')}`)
  return faults
}

/** The same for the address of any other service. */
export function faultyAddress (name: string, address: string, example: string): string[] {
  const url = URL.parse(address)
  if (url && (url.port === '' || isPort(url.port)) && url.hostname !== '' && url.hash === '' &&
    decodes(url.username + url.password + url.pathname)) return []
  return [`${name} cannot be read as an address such as ${example}, with a port between 1 and 65535; ${SPELLING}`]
}

/** By the parser that pg-boss asks too, which also finds days that never come, such as 31 February. */
export function faultyCron (name: string, cron: string): string[] {
  try {
    CronExpressionParser.parse(cron, { tz: 'UTC' }).next()
    return []
  } catch (error) {
    return [`${name} is no time that ever comes: ${(error as Error).message}`]
  }
}

const isPort = (text: string) => Number(text) >= 1 && Number(text) <= 65535

function decodes (text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
