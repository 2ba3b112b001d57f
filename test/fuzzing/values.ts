import fc from 'fast-check'
import { AWKWARD_TEXTS, hostileValue, Raw } from './hostile.ts'
import type { Pool } from './pool.ts'

export interface Schema {
  $ref?: string,
  type?: string | string[],
  enum?: unknown[],
  format?: string,
  pattern?: string,
  properties?: Record<string, Schema>,
  required?: string[],
  items?: Schema,
  minLength?: number,
  maxLength?: number,
  minimum?: number,
  maximum?: number,
  minItems?: number,
  minProperties?: number
}

/**
 * An arbitrary of what fits a schema; texts and numbers mean something in this shop where their name says what they
 * are.
 */
export type Values = (schema: Schema, name?: string) => fc.Arbitrary<unknown>

/** @param resolve finds what a `$ref` points to */
export function valuesOf (pool: Pool, resolve: (ref: string) => Schema): Values {
  const known = (kind: string, otherwise: string) => fc.nat(10_000).map((n) => pool.pick(kind, n) ?? otherwise)
  const NOBODY = 'ffffffff-ffff-4fff-8fff-ffffffffffff'
  const email = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 100, max: 99_999 }).map((n) => `fuzz${n}@example.com`) },
    { weight: 1, arbitrary: known('email', 'a@example.com') }
  )
  const texts: Record<string, fc.Arbitrary<string>> = {
    user_id: known('user', NOBODY),
    order_id: known('order', '1'),
    product_id: known('product', '1'),
    order_number: known('orderNumber', 'ORD-20260101-000001'),
    cursor: known('cursor', 'x'),
    token: known('token', 'x'),
    email,
    email_address: email,
    new_email_address: email,
    tracking_url: fc.constantFrom('https://example.com/1', 'javascript:alert(1)', 'http://a/"><b>')
  }
  const password = fc.oneof({ weight: 12, arbitrary: fc.constant('password') }, {
    weight: 1, arbitrary: fc.constant('wrong password')
  })
  for (const name of ['password', 'current_password', 'new_password']) texts[name] = password
  const numbers: Record<string, fc.Arbitrary<number>> = {
    user_id: known('userNumber', '1').map(Number),
    product_id: known('product', '1').map(Number),
    department_id: fc.integer({ min: 1, max: 4 }),
    aisle_id: fc.integer({ min: 1, max: 4 }),
    offset: fc.integer({ min: 0, max: 30 }),
    page: fc.integer({ min: 1, max: 5 }),
    quantity: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) }, {
      weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000_000 })
    })
  }

  const text = ({ format, pattern, minLength = 0, maxLength = 100 }: Schema): fc.Arbitrary<string> => {
    if (format === 'uuid') return known('user', NOBODY)
    if (format === 'timestamp') {
      return fc.constantFrom('2026-11-21T09:30:00Z', '2026-11-21', '2020-01-01T00:00:00.123456+05:30',
        '2026-11-21 09:30:00', '2031-01-01T00:00:00')
    }
    if (pattern && pattern !== '\\S') return fc.stringMatching(new RegExp(pattern))
    // What may be stored must be, so that it comes out again somewhere else.
    const storable = AWKWARD_TEXTS.filter(
      (candidate) => /\S/.test(candidate) && candidate.length >= minLength && [...candidate].length <= maxLength
    )
    return fc.oneof({ weight: 2, arbitrary: fc.constantFrom('Ada', 'Springfield', 'product', '12345678') }, {
      weight: 1, arbitrary: fc.constantFrom(...storable)
    })
  }

  const values: Values = (given, name = '') => {
    const schema = given.$ref ? resolve(given.$ref) : given
    const types = [schema.type ?? 'object'].flat()
    if (types.includes('null')) {
      return fc.option(values({ ...schema, type: types.filter((type) => type !== 'null') }, name), { freq: 5 })
    }
    if (schema.enum) return fc.constantFrom(...schema.enum)
    if (types.length > 1) return fc.oneof(...types.map((type) => values({ ...schema, type }, name)))
    switch (types[0]) {
      case 'string': return texts[name] ?? text(schema)
      case 'integer': return numbers[name] ?? fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 })
      case 'number': return fc.integer({
        min: (schema.minimum ?? 0) * 100, max: Math.min(schema.maximum ?? 1000, 1000) * 100
      }).map((cents) => cents / 100)
      case 'boolean': return fc.boolean()
      case 'array': return fc.array(values(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 })
      default: return record(schema)
    }
  }

  function record ({ properties = {}, required = [], minProperties = 0 }: Schema): fc.Arbitrary<object> {
    const model = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, values(schema, name)]))
    return fc.record(model, { requiredKeys: required }).filter((value) => Object.keys(value).length >= minProperties)
  }
  return values
}

/** JSON text. */
export function write (value: unknown): string {
  if (value instanceof Raw) return value.json
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}:${write(entry)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** Breaks a value in one place. */
export const breakOne = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> => fc.tuple(
  value, fc.nat(1000), fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'list', 'wrap', 'twice'),
  hostileValue
).map(([whole, place, how, hostile]) => {
  const copy = structuredClone({ whole })
  const spots = spotsOf(copy)
  const [parent, key] = spots[place % spots.length]!
  if (how === 'replace') parent[key] = hostile
  else if (how === 'list') parent[key] = [parent[key]]
  else if (how === 'wrap') parent[key] = { [key]: parent[key] }
  else if (how === 'add') parent[`${key}x`] = hostile
  else if (how === 'remove' && parent !== copy) {
    Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]
  }
  const text = write(copy.whole)
  return how === 'twice'
    ? text.replace(/^(\[?\{)("[^"]*"):/, (_, open: string, name: string) => `${open}${name}:${write(hostile)},${name}:`)
    : text
})

type Parent = Record<string, unknown>

/** Every place in a value: what holds it, and under which key. */
export function spotsOf (parent: Parent): [Parent, string][] {
  return Object.entries(parent).flatMap(([key, entry]): [Parent, string][] =>
    [[parent, key], ...typeof entry === 'object' && entry !== null ? spotsOf(entry as Parent) : []])
}
