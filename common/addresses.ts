import { domainToASCII } from 'node:url'

/** In octets (RFC 5321, sections 4.5.3.1.1 to 4.5.3.1.3: a path of 256 with its angle brackets). */
const MAX_ADDRESS = 254
const MAX_LOCAL_PART = 64
const MAX_DOMAIN = 253
const MAX_LABEL = 63

/**
 * A dot-string (RFC 5321, section 4.1.2) of ASCII or of what RFC 6531 adds: any letter, mark, number, sign. Without the
 * quoted form, which no provider gives out, and without what cannot be seen: two addresses that look the same would be
 * two.
 */
const WORD = "(?:[\\w!#$%&'*+/=?^`{|}~-]|(?![\\x00-\\x7f\\ufffd])[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}])+"
const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]*[\\p{L}\\p{M}\\p{N}])?'
const ADDRESS = new RegExp(`^(${WORD}(?:\\.${WORD})*)@(${LABEL}(?:\\.${LABEL})*)$`, 'u')

/**
 * Whether a text is an email address: one rule for every entrance (API, CSV, headers and tokens of other services,
 * scripts).
 */
export function isEmailAddress (text: string): boolean {
  if (text.length > MAX_ADDRESS || Buffer.byteLength(text) > MAX_ADDRESS) return false
  const [, localPart = '', domain = ''] = ADDRESS.exec(text) ?? []
  if (localPart === '' || Buffer.byteLength(localPart) > MAX_LOCAL_PART) return false
  // What a mail server asks the DNS for; empty where it is no domain. An ASCII one as it is: 1.2 would be taken for the
  // address 1.0.0.2.
  const ascii = /^[\w.-]+$/.test(domain) ? domain : domainToASCII(domain)
  return ascii !== '' && ascii.length <= MAX_DOMAIN && ascii.split('.').every((label) => label.length <= MAX_LABEL)
}

/**
 * What two addresses are compared by: the same as users.address_key in the database, the KELVIN SIGN included, of which
 * NFC makes a K.
 */
export function addressKey (address: string): string {
  return address.replaceAll('\u212a', '\ufffe').normalize('NFC').replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
