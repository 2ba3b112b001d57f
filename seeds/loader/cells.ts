import { IMAGE_URL, WEB_URL } from '../../schemas.ts'
import { isEmailAddress } from '../../plugins/addresses.ts'
import { parseMoment } from '../../moments.ts'
import { shorten } from '../../text.ts'

/** The text to store for a cell; throws CellFault for one that is not valid. `''` never comes here: an empty cell is null. */
export type Cell = (value: string) => string

/** Why a cell is not valid; the message continues "<column> …". */
export class CellFault extends Error {}

/** Any text, as it stands. */
export const text: Cell = (value) => value

/** An email address, by the rule of every other entrance. */
export const email: Cell = (value) => {
  if (!isEmailAddress(value)) throw fault('is no email address', value)
  return value
}

/** A link to show: nothing that a browser would run. */
export const webUrl = matching(WEB_URL, 'is no http or https URL')

/** Where an image is. */
export const imageUrl = matching(IMAGE_URL, 'is no http or https URL, and no path')

function matching (pattern: string, what: string): Cell {
  const regExp = new RegExp(pattern, 'u')
  return (value) => {
    if (!regExp.test(value)) throw fault(what, value)
    return value
  }
}

/** A whole number. `7.0` counts as one: a column with gaps comes out of pandas like that. */
export function integer (min: number, max: number): Cell {
  return (value) => {
    if (!isShortNumber(value)) {
      const [, sign = '', digits] = /^\s*([+-]?)0*(\d+)(?:\.0*)?\s*$/.exec(value) ?? []
      if (digits === undefined) throw fault('is not a whole number', value)
      value = sign === '-' && digits !== '0' ? `-${digits}` : digits
    }
    if (Number(value) < min || Number(value) > max) throw fault(`must be from ${min} to ${max}`, value)
    return value
  }
}

/** A number from 0 up with at most so many decimals; zeros at the end do not count. */
export function decimal (max: number, decimals: number): Cell {
  return (value) => {
    const [, sign, number = '', fraction = ''] = /^\s*([+-]?)(\d+(?:\.(\d*))?)\s*$/.exec(value) ?? []
    if (sign === undefined) throw fault('is not a number', value)
    if (sign === '-' && Number(number) !== 0) throw fault('must not be negative', value)
    if (Number(number) > max) throw fault(`must be at most ${max}`, value)
    if (fraction.replace(/0+$/, '').length > decimals) throw fault(`has more than ${decimals} decimals`, value)
    return number
  }
}

/** As every other time that comes in (moments.ts). */
export const timestamp: Cell = (value) => {
  const text = value.trim()
  const moment = parseMoment(text)
  if (moment === undefined) throw fault('is not a time like 2026-01-31 12:00:00+00:00', value)
  if (Number.isNaN(moment)) throw fault('is a time that does not exist', value)
  return text
}

/** Up to nine digits without a zero in front: nearly every number there is. */
function isShortNumber (value: string): boolean {
  if (value.length > 9 || (value.charCodeAt(0) === 48 && value.length > 1)) return false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

function fault (what: string, value: string): CellFault {
  return new CellFault(`${what}: ${shorten(value, 40)}`)
}
