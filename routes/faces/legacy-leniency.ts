import type { FastifyInstance } from 'fastify'

interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  minLength?: number
  minimum?: number
}

/** What the older service asked of a password; the other faces ask for 8 characters. */
const PASSWORD_LENGTH = 6
const PASSWORDS = ['password', 'new_password']

const NUMBER = /^[+-]?\d{1,20}(\.\d{1,20})?$/

/** The texts that pydantic, the older service's validator, takes for booleans. */
const BOOLEANS: Record<string, boolean> = {
  true: true,
  on: true,
  yes: true,
  y: true,
  t: true,
  1: true,
  false: false,
  off: false,
  no: false,
  n: false,
  f: false,
  0: false
}

/** A schema with what it refers to by name in its place: this face changes it, and goes through it beside a body. */
export function inline (fastify: FastifyInstance, schema: unknown): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    if (typeof value?.$ref !== 'string') return value
    const { $id: _, ...named } = fastify.getSchema(value.$ref.replace(/#$/, '')) as { $id: string }
    return inline(fastify, named)
  })
}

/** The schema of a body as the older service was: shorter passwords, and any whole number as a quantity that is set. */
export function lenient (schema: Schema, setsQuantity: boolean): Schema {
  const { properties } = schema
  if (!properties) return schema
  const loosened = Object.entries(properties).map(([name, property]) => {
    if (PASSWORDS.includes(name) && property.minLength) return [name, { ...property, minLength: PASSWORD_LENGTH }]
    if (setsQuantity && name === 'quantity') return [name, { ...property, minimum: -1_000_000 }]
    return [name, property]
  })
  return { ...schema, properties: Object.fromEntries(loosened) }
}

/**
 * Turns numbers and booleans that came as text, as HTML forms send them, into what they say; lists and objects are
 * changed in place. Text that says neither stays as it is, for the schema to refuse.
 */
export function withoutText (schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (schema.items) for (const [n, entry] of value.entries()) value[n] = withoutText(schema.items, entry)
    return value
  }
  if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (Object.hasOwn(fields, name)) fields[name] = withoutText(property, fields[name])
    }
    return value
  }
  if (typeof value !== 'string') return value
  const types = [schema.type].flat()
  if (types.includes('string')) return value
  const text = value.trim()
  if (types.includes('boolean')) return BOOLEANS[text.toLowerCase()] ?? value
  const isNumber = types.includes('integer') || types.includes('number')
  return isNumber && NUMBER.test(text) ? Number(text) : value
}

/**
 * Whether a change names anything that can be changed: null empties a text that may be empty, and is as if not sent for
 * what always has a value. Who changes it is no change.
 */
export function changesAnything ({ properties = {} }: Schema, body: unknown): boolean {
  return Object.entries(body ?? {}).some(([name, value]) => {
    const types = [Object.hasOwn(properties, name) ? properties[name]!.type : undefined].flat()
    return name !== 'changed_by' && types[0] !== undefined &&
      (value !== null || (types.includes('null') && types.includes('string')))
  })
}
