const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?))?)?$/

/** The years 1 to 9999 in UTC, in milliseconds since 1970; the end is no part of them. */
const FIRST = Date.parse('0001-01-01T00:00:00Z')
const END = Date.parse('9999-12-31T23:59:59.999Z') + 1

/**
 * Reads a time as it comes in on any way, body, query and CSV alike: ISO 8601, a date alone or with a time, with
 * seconds or without, with an offset or in UTC. PostgreSQL would also take leap seconds, 24:00 and years BC, and show
 * another moment than was sent.
 *
 * @returns whole seconds, in milliseconds since 1970; NaN for a time that does not exist, or not within the years 1 to
 * 9999; undefined for any other text
 */
export function parseMoment (text: string): number | undefined {
  const match = MOMENT.exec(text)
  if (match === null) return undefined
  const [
    , year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', sign, zoneHour = '0', zoneMinute = '0'
  ] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // PostgreSQL knows no zone beyond 15:59.
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) &&
    Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && Number(zoneHour) < 16 && Number(zoneMinute) < 60
  if (!exists) return NaN
  const offset = Number(`${sign ?? '+'}${Number(zoneHour) * 60 + Number(zoneMinute)}`)
  // The database rounds to microseconds.
  const seconds = Number(second) + (Number(`0.${fraction}`) >= 0.9999995 ? 1 : 0)
  const at = date.getTime() + ((Number(hour) * 60 + Number(minute) - offset) * 60 + seconds) * 1000
  return at >= FIRST && at < END ? at : NaN
}

/** Whether a text is a time of the years 1 to 9999. */
export const isMoment = (text: string): boolean => !Number.isNaN(parseMoment(text) ?? NaN)

/** A moment as everything here shows it: UTC, written `+00:00`. */
export const showMoment = (date: Date): string => date.toISOString().replace('Z', '+00:00')
