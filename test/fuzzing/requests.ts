import fc from 'fast-check'
import { BROKEN_BODIES, CONTENT_TYPES, hostileText, oddHeader, RAW_PARTS } from './hostile.ts'
import type { Pool } from './pool.ts'
import { breakOne, valuesOf, write, type Schema } from './values.ts'
import type { FuzzRequest } from './wire.ts'

/** The keys of the gateway that is tried. */
export const KEYS = { API_KEYS: 'fuzz-key', ADMIN_API_KEYS: 'fuzz-admin-key' }

interface Parameter { in: string, name: string, required?: boolean, schema: Schema }
interface Operation { parameters?: Parameter[], requestBody?: { content: Record<string, { schema: Schema }> } }
export interface Document {
  paths: Record<string, Record<string, Operation>>,
  components: { schemas: Record<string, Schema> }
}

type Pair = [string, string]
interface Payload { body: Buffer | null, contentType?: string }

/** The face a path of the document belongs to. */
export function faceOf (path: string): string {
  if (path.startsWith('/legacy')) return 'legacy'
  if (path.startsWith('/api/v1')) return 'management'
  if (path.startsWith('/api/')) return 'storefront'
  return /^\/($|(health|livez|readyz|metrics|notifications\/unsubscribe)$)/.test(path) ? 'public' : 'service'
}

/**
 * Any request to any operation of the document, and to the service API's under /legacy: as it should be, or broken
 * anywhere.
 */
export function requestsTo (document: Document, pool: Pool): fc.Arbitrary<FuzzRequest> {
  const values = valuesOf(pool, (ref) => document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)]!)
  const listed = Object.entries(document.paths)
    .flatMap(([path, operations]) => Object.entries(operations).flatMap(([method, operation]) => {
      const prefixes = faceOf(path) === 'service' ? ['', '/legacy'] : ['']
      return prefixes.map((prefix) => requestTo(prefix + path, method.toUpperCase(), operation))
    }))

  function requestTo (template: string, method: string, operation: Operation): fc.Arbitrary<FuzzRequest> {
    const face = faceOf(template)
    return fc.record({
      operation: fc.constant(`${method} ${template}`),
      face: fc.constant(face),
      method: mostly(method, fc.constantFrom('HEAD', 'OPTIONS', 'TRACE', 'PUT', 'POST', 'GET', 'DELETE', 'QUERY'), 60),
      path: pathOf(template, face, operation),
      caller: callerOn(face, pool),
      own: fc.tuple(...(operation.parameters ?? []).filter((parameter) => parameter.in === 'header').map(headerOf)),
      odd: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, {
        weight: 1, arbitrary: fc.array(oddHeader, { minLength: 1, maxLength: 3 })
      }),
      payload: payloadOf(operation, template),
      isChunked: mostly(false, fc.constant(true), 20)
    }).map(({ caller, own, odd, payload: { body, contentType }, ...request }) => ({
      ...request,
      body,
      headers: [
        ...caller, ...own.flat(), ...contentType === undefined ? [] : [['Content-Type', contentType] satisfies Pair],
        ...odd
      ]
    }))
  }

  function pathOf (template: string, face: string, { parameters = [] }: Operation): fc.Arbitrary<string> {
    const part = (name: string): fc.Arbitrary<string> => {
      const schema = parameters.find((parameter) => parameter.name === name)!.schema
      const fitting = values(schema, name).map((value) => encode(String(value)))
      // A customer has one own id; an integer is as good as a UUID on the management API.
      if (name === 'user_id' && face === 'storefront') {
        return fc.oneof({ weight: 3, arbitrary: fc.constant('me') }, fitting)
      }
      if (name === 'user_id' && face === 'management') {
        return fc.oneof(fitting, values({ type: 'integer' }, name).map(String))
      }
      return name === 'order_id' ? values({ type: 'string' }, name).map(String) : fitting
    }
    const steps = template.split('/').slice(1).map((step) => {
      const name = /^\{(\w+)\}$/.exec(step)?.[1]
      return name === undefined ? mostly(step, rawPart, 300) : broken(part(name), rawPart, 8)
    })
    const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name, schema, required }) =>
      fc.tuple(
        broken(values(schema, name).map((value) => [value].flat().map((entry) => encode(String(entry)))),
          fc.array(rawPart, { maxLength: 3 }), 8),
        fc.nat(9)
      )
        .map(([entries, dice]) => required || dice < 3 ? entries.map((entry) => `${name}=${entry}`) : []))
    const extra = fc.oneof({ weight: 12, arbitrary: fc.constant([]) }, {
      weight: 1,
      arbitrary: fc.array(fc.tuple(rawPart, rawPart).map((pair) => pair.join('=')), { minLength: 1, maxLength: 3 })
    })
    return fc.tuple(fc.tuple(...steps), fc.tuple(...query), extra,
      mostly('', fc.constantFrom('/', '//', '?', '#x', '/%00', '/.'), 25)).map(([path, pairs, more, end]) => {
      const search = [...pairs.flat(), ...more].join('&')
      return `/${path.join('/')}${end}${search === '' ? '' : `?${search}`}`
    })
  }

  function headerOf ({ name, schema }: Parameter): fc.Arbitrary<Pair[]> {
    const fitting: Record<string, fc.Arbitrary<string>> = {
      'if-match': fc.nat(100).map((n) => pool.pick('etag', n) ?? '*'),
      'if-none-match': fc.nat(100).map((n) => pool.pick('etag', n) ?? '*'),
      'idempotency-key': fc.nat(30).map((n) => `key-${n}`),
      'consistency-token': fc.constantFrom('0000000000000001', '00000000030000d8', '1'),
      prefer: fc.constantFrom('tx=rollback', 'tx=commit', 'return=minimal', 'tx=perhaps'),
      'x-actor': fc.constantFrom('clerk', Buffer.from('Zoë 👍').toString('latin1'))
    }
    return fc.tuple(fitting[name] ?? values(schema, name).map(String), fc.nat(3))
      .map(([value, dice]) => dice === 0 ? [[name, value]] : [])
  }

  function payloadOf ({ requestBody }: Operation, template: string): fc.Arbitrary<Payload> {
    const oddType = mostly('application/json', fc.constantFrom(...CONTENT_TYPES), 3)
    const rubbish = fc.record({ body: fc.constantFrom(...BROKEN_BODIES), contentType: oddType })
    // A body where none belongs.
    if (!requestBody) return mostly({ body: null } as Payload, rubbish, 20)
    const schema = requestBody.content['application/json']?.schema
    const fitting = schema
      ? bodyOf(template, schema).map((value) => ({ body: Buffer.from(write(value)), contentType: 'application/json' }))
      : template.includes('/import/') ? csv : invoice
    return fc.oneof(
      { weight: 12, arbitrary: fitting },
      {
        weight: 9,
        arbitrary: schema
          ? breakOne(bodyOf(template, schema))
            .map((text) => ({ body: Buffer.from(text), contentType: 'application/json' }))
          : rubbish
      },
      { weight: 1, arbitrary: rubbish },
      {
        weight: 1,
        arbitrary: fc.tuple(fitting, fc.constantFrom(...CONTENT_TYPES))
          .map(([{ body }, contentType]) => ({ body, contentType }))
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Payload>({ body: null }, { body: Buffer.alloc(0) }, {
          body: null, contentType: 'application/json'
        })
      }
    )
  }

  function bodyOf (template: string, schema: Schema): fc.Arbitrary<unknown> {
    if (template.endsWith('/query')) {
      return fc.oneof(fc.constantFrom(...QUERIES),
        fc.record({
          sql: fc.constantFrom('select $1', 'select $1::text, $2::int'), params: fc.array(hostileText, { maxLength: 3 })
        }))
    }
    // On the storefront a body names its own user best as `me`.
    if (template === '/api/carts') return values(schema).map((body) => ({ ...body as object, user_id: 'me' }))
    return values(schema)
  }

  return fc.oneof(...listed)
}

/** The value, but one time in so many another one. */
const mostly = <T>(value: T, other: fc.Arbitrary<T>, oneIn: number) => broken(fc.constant(value), other, oneIn)

const broken = <T>(fitting: fc.Arbitrary<T>, other: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fitting }, { weight: 1, arbitrary: other })

/** Text in a URL; half a surrogate pair has no encoding, so it goes as the bytes it would have. */
const encode = (text: string) => text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80'

const rawPart = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...RAW_PARTS) }, {
  weight: 1, arbitrary: hostileText.map(encode)
})

/** What another user service may call people: their ids come back in bodies and in Location. */
const UPSTREAM_IDS = [
  'me', '1', 'upstream-1', '"', '\\', "a'b\"c", '$&$1', '%0d%0aX-Injected:yes', '{"id":1}', '</script>', '../..',
  '#?&=', '\\u0000', 'x'.repeat(255)
]

/** Who calls: as the face wants it, nobody, or somebody who is not known. */
function callerOn (face: string, pool: Pool): fc.Arbitrary<Pair[]> {
  const jwt = fc.nat(1).map((n): Pair[] => [['Authorization', `Bearer ${pool.pick('jwt', n)}`]])
  const wrong = fc.constantFrom<Pair[]>([], [['X-API-Key', 'wrong']], [['Authorization', 'Bearer x.y.z']],
    [['Authorization', 'Basic eDp4']], [['X-API-Key', 'fuzz-key, fuzz-key']])
  const key = (value: string) => fc.constantFrom<Pair[]>([['X-API-Key', value]], [['Authorization', `Bearer ${value}`]])
  if (face === 'management') return broken(broken(key(KEYS.ADMIN_API_KEYS), jwt, 8), wrong, 25)
  if (face !== 'storefront') return broken(key(KEYS.API_KEYS), wrong, 25)
  const person = fc.tuple(fc.nat(70), fc.constantFrom('admin', 'customer', '')).map(([n, role]): Pair[] => [
    ...n < 55
      ? [['X-User-Id', pool.pick('user', n)!], ['X-User-Email', 'user@example.com']] satisfies Pair[]
      : [
        ['X-User-Id', UPSTREAM_IDS[n % UPSTREAM_IDS.length]!], ['X-User-Email', `zo\xc3\xab${n}@example.com`]
      ] satisfies Pair[],
    ['X-User-Role', role]
  ])
  return broken(broken(person, jwt, 8), wrong, 25)
}

/** Invoices: the first bytes say what they are. */
const invoice: fc.Arbitrary<Payload> = fc.constantFrom(
  { body: Buffer.from('%PDF-1.7 an invoice'), contentType: 'application/pdf' },
  { body: Buffer.from([0xff, 0xd8, 0xff, 0]), contentType: 'image/jpeg; x=y' },
  { body: Buffer.from('%PDF-1.7 no picture'), contentType: 'image/png' }
)

/** Rows of the catalogue, and what is none. */
const csv: fc.Arbitrary<Payload> = fc.record({
  body: fc.tuple(
    fc.constantFrom('product_id,stock', 'product_id,price,image_url', 'product_id,product_name,aisle_id', 'stock,sku'),
    fc.array(fc.tuple(fc.nat(60), hostileText), { maxLength: 5 })
  ).map(([header, rows]) =>
    Buffer.from(`${header}\n${rows.map(([id, text]) => `${id},"${text.replaceAll('"', '""')}"`).join('\n')}`)),
  contentType: fc.constantFrom('text/csv', 'text/csv; charset=utf-8', 'text/csv; charset=latin1')
})

const QUERIES = [
  { sql: 'select product_id, product_name from products limit $1', params: [5] },
  {
    sql:
      "select 'NaN'::float8 as a, 'Infinity'::float8 as b, 'NaN'::numeric as c, 1e300 as d, 9007199254740993 as e, " +
        'null as f, array[1,2] as g'
  },
  { sql: 'select repeat($1, 10) as "a\r\nb", chr(8232)', params: ['\r\n'] },
  { sql: "select '{\"__proto__\":1}'::jsonb as \"__proto__\", 1 as a, 2 as a" },
  { sql: "select now(), '-infinity'::timestamptz, '0044-03-15 BC'::date, interval '1 month', '\\x00'::bytea" },
  { sql: 'select 1; select 2' }, { sql: 'select' }, { sql: 'select 1 --' }, { sql: 'select $1::int', params: ['x'] },
  { sql: 'select 1/0' }, { sql: 'table users.users' }, { sql: ')' },
  { sql: 'select generate_series(1, 10001)' }, { sql: 'select $1::json', params: [{ a: [1] }] }
]
