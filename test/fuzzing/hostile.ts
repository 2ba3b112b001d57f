import fc from 'fast-check'

/** JSON text that no JavaScript value stands for: 1e400, -0, 2^53 + 1. */
export class Raw {
  readonly json: string
  constructor (json: string) { this.json = json }
}

/** The header and the log line that must come out nowhere. */
export const INJECTED = 'X-Injected: yes'
const INJECTION = `\r\n${INJECTED}\r\n\r\n{"level":60,"msg":"injected"}\n`

/**
 * Texts that a field may well hold, and that mean something where they end up: markup, line breaks, directions,
 * patterns.
 */
export const AWKWARD_TEXTS = [
  ' ', '\t', '\n', '\r', `Ann${INJECTION}`, `\n${INJECTED}`, '{"level":60,"msg":"injected"}',
  '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
  '\u2028\u2029\u0085', '\ufeff', '\u202eright to left', 'عربي שלום', '👩‍👩‍👧‍👦', `e${'\u0301'.repeat(50)}`, 'ﬀİıß',
  '\u{10ffff}', '\ufffd', '\u001b[31mred\u0007', '\u007f',
  '\'; drop table users.users; --', '"', '\\', '\\u0000', '%', '_', '%s', '$1', '$&', '{name}', '{{x}}',
  '../../etc/passwd', '%00', '%0d%0a', '__proto__', 'constructor',
  'null', 'undefined', 'true', 'NaN', 'Infinity', '-0', '1e400', '0x10', '1_000', ' 1', '١', '9223372036854775808',
  '2026-11-21', '2026-02-30', '2026-11-21T25:00:00Z', '0000-01-01', '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59.999999Z', '99999-01-01', '2026-06-30T23:59:60Z',
  '2026-11-21T09:30:00+99:99', '2026-11-21T09:30:00.1234567890123Z', 'infinity', '-infinity', 'now', 'epoch', 'a@b',
  'a@b.c', `${'a'.repeat(64)}@${'b'.repeat(63)}.com`, 'ä@ö.example',
  'me', 'x'.repeat(64), 'x'.repeat(255), 'ä'.repeat(255), '😀'.repeat(255), 'x'.repeat(256), 'x'.repeat(1025)
]

/** Texts that nothing can store, or nobody means. */
const IMPOSSIBLE_TEXTS = [
  '', '\0', 'a\0b', `\0${INJECTION}`, '\ud800', '\udc00\ud800', 'x\ud83d', 'x'.repeat(10_001), 'x'.repeat(100_001),
  '😀'.repeat(5000)
]

const NUMBERS = [
  '0', '-0', '-1', '1.5', '0.1', '12.345', '-0.001', '1e2', '1E5', '1e15', '1e400', '-1e400', '1e308', '5e-324',
  '32768', '2147483647', '2147483648', '4294967296', '99999999.99',
  '9007199254740991', '9007199254740993', '9223372036854775807', '9223372036854775808', `1${'0'.repeat(400)}`,
  `0.${'0'.repeat(400)}1`
].map((json) => new Raw(json))

const nested = (depth: number, open: string, close: string) => new Raw(open.repeat(depth) + close.repeat(depth))

const OTHERS: unknown[] = [
  null, true, false, [], {}, [[]], [null], [{}], { toString: 1 }, { length: 1 },
  { constructor: { prototype: { admin: true } } }, new Raw('{"__proto__":{"admin":true}}'),
  nested(31, '[', ']'), nested(40, '[', ']'), nested(5000, '[', ']'),
  new Raw(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), Array.from({ length: 1001 }, () => 1), Array(2000).fill({})
]

export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...AWKWARD_TEXTS, ...IMPOSSIBLE_TEXTS) },
  fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 })
)

/** Anything at all in the place of what belongs there. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileText }, { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) }, fc.jsonValue({ maxDepth: 3 })
)

/** What is no JSON, or not what a body should be. */
export const BROKEN_BODIES = [
  '', ' ', '{', '}', '[', '{"a":', '{"a":1,}', '{a:1}', "{'a':1}", '{"a":1}{"b":2}', '{"a":01}', '{"a":+1}', '{"a":.5}',
  '{"a":NaN}', '{"a":undefined}', 'null', '0', '""', '[]', '{}', '"x"',
  '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\ud800"}', '{"__proto__":1}', '{"constructor":{"prototype":1}}',
  '// comment\n{}', '{"a":1}\0', '<xml/>', 'a=1&b=2', '\ufeff{}',
  nested(20_000, '[', ']').json, `{"a":"${'x'.repeat(1024 * 1024)}"}`, `[${'1,'.repeat(200_000)}1]`
].map((text) => Buffer.from(text)).concat([
  Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), Buffer.from('{"first_name":"\xff\xfe"}', 'latin1'),
  Buffer.from('{"first_name":"\xed\xa0\x80"}', 'latin1'), Buffer.from([0x1f, 0x8b, 8, 0, 0])
])

export const CONTENT_TYPES = [
  '', 'text/plain', 'application/xml', 'application/json; charset=utf-16', 'application/json;', 'application/JSON',
  'application/json;a=b;c="d', 'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x', 'multipart/form-data', 'application/vnd.api+json', 'application/pdf', 'image/png',
  '*/*', '"', '/', 'json', 'application/json, text/html', `a/${'b'.repeat(300)}`, 'application/json\xff'
]

/** Headers as they reach the parser, one character a byte. */
const HEADER_VALUES = [
  '', ' ', '*', 'W/"1"', '"1"', '"', '""', '"a", "b", *', ',,,', '"a"b"', '"a\xff"', 'a b', 'key,key', 'ä', '\xff\xfe',
  Buffer.from('Łukasz 👍 \u2028').toString('latin1'), '\ufeff', '\0', 'a\0b',
  `a\r${INJECTED}`, `a\n${INJECTED}`, '\x1b[31m', '\x7f', '\t', '{"level":60,"msg":"injected"}', '<script>',
  "'; drop table users.users; --", 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(4000), 'x'.repeat(20_000)
]
const HEADER_NAMES = [
  'If-Match', 'If-None-Match', 'Idempotency-Key', 'X-Actor', 'X-Request-Id', 'Accept', 'Accept-Encoding',
  'Content-Encoding', 'Authorization', 'X-API-Key', 'X-User-Id', 'X-User-Email', 'X-User-Role',
  'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded', 'Cookie', 'Origin',
  'Access-Control-Request-Method', 'Range', 'Expect', 'Upgrade', 'Prefer', 'Accept-Version', '__proto__'
]
export const oddHeader: fc.Arbitrary<[string, string]> = fc.tuple(fc.constantFrom(...HEADER_NAMES), fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HEADER_VALUES) },
  fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 30 })
))

/** Parts of a path and a query as they stand in the request line: escapes that are none, or that hide something. */
export const RAW_PARTS = [
  '', '.', '..', '%2e%2e', '%2f', '..%2f..%2fetc%2fpasswd', '%', '%z', '%zz', '%00', '%ff', '%c0%af', '%ed%a0%80',
  '%0d%0aX-Injected:%20yes', '%0a', '%u0041', '%25', '%2525', '%F0%9F%91%8D', '%E2%80%A8', '+', '*', ';',
  ';a=b', ':', '@', '=', '&', '|', '\\', '"', '<', '{x}', '[0]', '\xff', '\xc3\xa4', '0', '-1', '1e3', '0x1', '1.0',
  '00001', '2147483648', '999999999999999999', '9223372036854775808', '1'.repeat(400),
  'null', 'undefined', 'NaN', 'true', 'me', 'all', 'number', 'user', 'login', '__proto__', 'constructor',
  'a'.repeat(300), 'a'.repeat(8000)
]
