import { shorten } from '../../text.ts'

/** The text to store for a cell; throws CellFault for one that does not fit. `''` never comes here: an empty cell is null. */
export type Cell = (value: string) => string

/** Why a cell does not fit; the message continues "<column> …". */
export class CellFault extends Error {}

/** Any text, as it stands. */
export const text: Cell = (value) => value

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

const TIMESTAMP = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?\s*(?:Z|([+-]\d\d)(?::?(\d\d))?)?)?\s*$/i

/** ISO 8601; without an offset it is UTC. */
export const timestamp: Cell = (value) => {
  const match = TIMESTAMP.exec(value)
  if (match === null) throw fault('is not a time like 2026-01-31 12:00:00+00:00', value)
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = '+00', zoneMinute = '00'] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // PostgreSQL knows no year 0 and no zone beyond 15:59.
  const exists = Number(year) > 0 && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) &&
    Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 &&
    Math.abs(Number(zone)) < 16 && Number(zoneMinute) < 60
  if (!exists) throw fault('is a time that does not exist', value)
  return `${year}-${month}-${day} ${hour}:${minute}:${second}${fraction}${zone}:${zoneMinute}`
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
