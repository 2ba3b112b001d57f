const SIZE = 1024 * 1024

/** Entries until the text is 1 MiB long. */
function filled (head: string, entry: (n: number) => string, tail: string): string {
  const entries: string[] = []
  let room = SIZE - head.length - tail.length
  for (let n = 0; ; n++) {
    const next = entry(n)
    room -= next.length + 1
    if (room < 0) return `${head}${entries.join(',')}${tail}`
    entries.push(next)
  }
}

const nested = (open: string, inside: string, close: string) => {
  const levels = Math.floor((SIZE - inside.length) / (open.length + close.length))
  return open.repeat(levels) + inside + close.repeat(levels)
}

/**
 * JSON bodies of 1 MiB, each made to cost more than a body may: by what it holds, by what is looked for in it, by what
 * is said about it.
 */
export const HOSTILE_BODIES: Record<string, string> = {
  'faults in items': filled('{"items":[', () => '0', ']}'),
  'empty objects in items': filled('{"items":[', () => '{}', ']}'),
  'a list of faults': filled('[', () => '{"product_id":"x"}', ']'),
  'few long faults': filled('{"items":[', (n) => `{"product_id":"${'x'.repeat(1000)}${n}"}`, ']}'),
  'different names': filled('{', (n) => `"a${n}":1`, '}'),
  'objects of different names': filled('{"x":[', (n) => `{"k${n}":0}`, ']}'),
  'one name again and again': filled('{', () => '"items":1', '}'),
  'nested lists': nested('[', '1', ']'),
  'nested objects': nested('{"a":', '1', '}'),
  'text that cannot be stored': filled('{"x":[', () => '"\\u0000"', ']}'),
  'a long name over text that cannot be stored': filled(`{"${'k'.repeat(500_000)}":[`, () => '"\\ud800"', ']}'),
  escapes: `{"first_name":"${'\\u00e9'.repeat(170_000)}"}`,
  'spaces where a moment belongs': filled('{"order_notifications_start_date_time":"', () => ' '.repeat(SIZE - 100),
    '"}'),
  'a long address': filled('{"email_address":"', () => `a@${'a-'.repeat(SIZE / 2 - 100)}`, '!"}'),
  'huge numbers': filled('{"items":[', () => '1e999', ']}'),
  'a number of a million digits': filled('{"quantity":', () => '9'.repeat(SIZE - 100), '}'),
  'what pollutes prototypes': filled('{"__proto__":{"x":1},"items":[', () => '{"a":0}', ']}'),
  'no JSON': '['.repeat(SIZE)
}
