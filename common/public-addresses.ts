import { Resolver } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Azure's metadata service has an address that looks like any other. */
const METADATA = ['168.63.129.16']

/** What IPv6 addresses of the internet begin with so far (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

const DNS = { timeout: 3000, tries: 2 }

/** Whether an address is one of the internet: not of this machine, a private network, a cloud's metadata … */
export function isPublic (address: string): boolean {
  // An IPv4 address that is written as IPv6 is what it stands for.
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || METADATA.includes(parsed.toString())) return false
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST)
}

/** An address instead of a name, as a URL has it; undefined for a name. */
export function literalOf (hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? undefined : bare
}

/** An address that must not be connected to. */
export class PrivateAddress extends Error {
  constructor (hostname: string) {
    super(`${hostname} is not an address of the internet (WEBHOOK_PRIVATE_NETWORKS)`)
  }
}

/** All addresses of a name. Not by the system's resolver, which takes a thread that passwords and files need. */
async function resolveName (hostname: string): Promise<string[]> {
  const resolver = new Resolver(DNS)
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  const addresses = found.flatMap((result) => result.status === 'fulfilled' ? result.value : [])
  if (addresses.length === 0) throw (found[0] as PromiseRejectedResult).reason
  return addresses
}

/**
 * For a socket's `lookup`: what is checked here is what is connected to, whatever the name meant before or means later.
 * A name with one address that is not public is refused.
 */
export const publicLookup = (resolve = resolveName): LookupFunction => (hostname, options, callback) => {
  resolve(hostname).then((addresses) => {
    if (!addresses.every(isPublic)) throw new PrivateAddress(hostname)
    const found = addresses.map((address) => ({ address, family: isIP(address) }))
      .filter(({ family }) => !options.family || family === Number(String(options.family).replace('IPv', '')))
    if (found.length === 0) throw new Error(`${hostname} has no address of this kind`)
    if (options.all) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  }).catch((error) => callback(error, []))
}
