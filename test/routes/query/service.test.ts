import t from 'tap'
import { askPatiently, openShop, refuses } from '../../helper.ts'
import { ask, gives } from './ask.ts'

// Of the processor a statement gets what the others leave: on a busy machine all this takes long.
t.setTimeout(300_000)

t.test('POST /query', { timeout: 250_000 }, async (t) => {
  const shop = await openShop(t, { HARDEN_DATABASE: 'true' })

  await t.test('rows of the catalogue as objects, with how many', async (t) => {
    const answer = await ask(shop,
      'select product_id, product_name from products.products where product_id <= 2 order by product_id')
    t.match(answer, { status: 200, headers: { 'content-type': /^application\/json/ } })
    t.same(answer.json, {
      success: true,
      data: [{ product_id: 1, product_name: 'Product 1' }, { product_id: 2, product_name: 'Product 2' }],
      row_count: 2,
      truncated: false
    })
    t.same((await ask(shop, 'select 1 from products.products where false')).json, {
      success: true, data: [], row_count: 0, truncated: false
    })
    t.equal((await ask(shop, 'select count(*) from departments')).json.data[0].count, 4,
      'the schema products needs no name')
    for (const table of ['departments', 'aisles', 'products', 'product_enriched', 'inventory']) {
      t.equal((await ask(shop, `table products.${table}`)).status, 200, table)
    }
  })

  await t.test('every type as JSON', async (t) => {
    const types: [string, string][] = [
      ['1::smallint', '1'], ['2147483647', '2147483647'], ['9007199254740991::bigint', '9007199254740991'],
      ['-9007199254740991::bigint', '-9007199254740991'], ['9007199254740992::bigint', '"9007199254740992"'],
      ["'-9223372036854775808'::bigint", '"-9223372036854775808"'], ['7.10::numeric', '7.10'],
      ['0.1234567890123456789::numeric', '0.1234567890123456789'],
      ['12345678901234567890.5::numeric', '12345678901234567890.5'], ['1e20::numeric', '"100000000000000000000"'],
      ["'NaN'::numeric", '"NaN"'], ["'Infinity'::float8", '"Infinity"'], ['1e300::float8', '1e+300'],
      ['0.1::float8', '0.1'], ['true', 'true'], ['null', 'null'],
      ["'2026-11-21'::date", '"2026-11-21"'], ["'2026-11-21 10:00+02'::timestamptz", '"2026-11-21T08:00:00+00:00"'],
      ["'2026-11-21 10:00:00.123456'::timestamp", '"2026-11-21T10:00:00.123456"'],
      ["'1 day 02:00'::interval", '"1 day 02:00:00"'],
      ["'{\"a\":[1,null]}'::json", '{"a":[1,null]}'],
      ["'{\"a\":12345678901234567890}'::json", '{"a":"12345678901234567890"}'], ['array[1,null,3]', '[1,null,3]'],
      ['array[[1,2],[3,4]]', '[[1,2],[3,4]]'], ['array[9007199254740993]', '["9007199254740993"]'],
      ["'\\x00ff'::bytea", '"\\\\x00ff"'],
      [
        "'12345678901234567890 \"quoted\" 12345678901234567890'::text",
        '"12345678901234567890 \\"quoted\\" 12345678901234567890"'
      ],
      ["E'a\\nb\\u00e4\\U0001F600'", '"a\\nbä😀"'],
      ["'00000000-0000-4000-8000-000000000001'::uuid", '"00000000-0000-4000-8000-000000000001"'],
      ['int4range(1, 3)', '"[1,3)"']
    ]
    for (const [expression, json] of types) await gives(t, shop, `select ${expression} as x`, `{"x":${json}}`)
    await gives(t, shop, 'select count(*), sum(price), avg(price), max(price) from product_enriched',
      '{"count":39,"sum":818.61,"avg":20.9900000000000000,"max":39.99}')
  })

  await t.test('parameters have the types the statement wants', async (t) => {
    const given: [string, unknown, string][] = [
      ['$1::int', 5, '5'], ['$1::int', '5', '5'], ['$1::bigint', '9007199254740993', '"9007199254740993"'],
      ['$1::numeric', 7.99, '7.99'], ['$1::boolean', true, 'true'],
      ['$1::boolean', false, 'false'], ['$1::boolean', 'true', 'true'], ['$1::text', null, 'null'],
      ['$1::text', true, '"true"'], ['$1::date', '2026-01-02', '"2026-01-02"'],
      ['$1::timestamptz', '2026-01-02T03:04:05.123456Z', '"2026-01-02T03:04:05.123456+00:00"'],
      ['$1::timestamptz', 'infinity', '"infinity"'],
      ['$1::jsonb', { a: ['b'] }, '{"a": ["b"]}'], ['$1::jsonb', [1, 'x'], '[1, "x"]'],
      ['$1::json', '{"a":1}', '{"a":1}'], ['$1::int[]', [1, null, 3], '[1,null,3]'],
      ['$1::text[]', ['a"b\\c', '', 'null', '{,}'], '["a\\"b\\\\c","","null","{,}"]'], ['$1::int[]', [], '[]'],
      ['$1::int[][]', [[1, 2], [3, 4]], '[[1,2],[3,4]]'],
      ['$1::bytea', '\\x00ff', '"\\\\x00ff"'],
      ['$1', "'; drop table products.products; --", '"\'; drop table products.products; --"']
    ]
    for (const [expression, value, json] of given) {
      await gives(t, shop, `select ${expression} as x`, `{"x":${json}}`, [value])
    }
    await gives(t, shop, 'select product_name from products where product_id = any ($1) and product_name ilike $2',
      '{"product_name":"Product 7"}', [[7, 8], '%7'])
    await gives(t, shop, 'select 1 as x', '{"x":1}', null as never)
  })

  await t.test('forms of a statement that are harmless', async (t) => {
    for (const text of [
      'select 1 as x;', 'select 1 as x ; ;', 'select 1 as x -- done', 'select 1 as x; -- done',
      '/* a */ select 1 as x /* b; */ ;/* c */', 'SELECT 1 AS x\n;\n', '(select 1 as x)', 'values (1) order by 1',
      'with a as (select 1 as x) select * from a', 'select $$;$$::text is not null as x, 1 as x',
      "select ';' as y, 1 as x;", "select '😀' as y, 1 as x; -- 😀"
    ]) {
      const answer = await ask(shop, text)
      t.equal(answer.status, 200, text)
      t.equal(Object.values(answer.json.data[0]).at(-1), 1, text)
    }
    t.same((await ask(shop, 'select')).json.data, [{}], 'no columns')
    t.same((await ask(shop, 'select 1 as a, 2 as b, 3 as a')).json.data, [{ a: 3, b: 2 }],
      'of two columns of one name the last counts')
    t.equal((await ask(shop, 'select 1 as a, 2 as a')).text.match(/"a"/g)?.length, 1, 'and only that one is sent')
    t.same((await ask(shop, 'select n from generate_series(3, 1, -1) n order by n desc')).json.data,
      [{ n: 3 }, { n: 2 }, { n: 1 }], 'in the order asked for')
  })

  await t.test('at most 10,000 rows and 5 MB', async (t) => {
    const count = async (sql: string) => {
      const { status, json, text } = await askPatiently(shop, sql)
      t.equal(status, 200)
      t.ok(text.length < 5_200_000)
      t.equal(json.row_count, json.data.length)
      return [json.row_count, json.truncated]
    }
    t.same(await count('select n from generate_series(1, 10000) n'), [10_000, false])
    t.same(await count('select n from generate_series(1, 10001) n'), [10_000, true])
    t.same(await count("select repeat('x', 999993) as x from generate_series(1, 5)"), [4, true])
    t.same(await count("select repeat('x', 999992) as x from generate_series(1, 5)"), [5, false])
    t.same(await count("select repeat('x', 6000000)"), [0, true], 'a row too large by itself')
    t.same(await count("select case n when 2 then repeat('x', 6000000) else 'x' end from generate_series(1, 3) n"),
      [1, true], 'what follows it is cut off too')
  })

  await t.test('a faulty statement is a 400 with PostgreSQL’s message and position', async (t) => {
    const faults: [string, RegExp, unknown[]?][] = [
      ['selec 1', /syntax error at or near "selec", at character 1$/],
      ['select nosuch from products', /column "nosuch" does not exist, at character 8$/],
      ['select * from nosuch', /relation "nosuch" does not exist, at character 15$/],
      ['select 1/0', /division by zero$/], ["select 'x'::int", /invalid input syntax.*at character 8$/],
      ['select 1; select 2', /multiple commands/], ['select (1', /syntax error/], ["select 'x", /unterminated/],
      ['select 1 /*', /unterminated/], ['', /./],
      ['select $1::int', /takes 1 parameters, 0 were sent/], ['select 1', /takes 0 parameters, 1 were sent/, [1]],
      ['select $2::int', /could not determine data type of parameter \$1/, [1, 2]],
      ['select $1::int', /invalid input syntax for type integer: "x"/, ['x']],
      ['select $1::date', /invalid input syntax for type date/, ['yesterdayish']]
    ]
    for (const [sql, message, params] of faults) {
      const answer = await ask(shop, sql, params)
      t.equal(answer.status, 400, sql)
      if (sql !== '') t.match(answer.json.detail, message, sql)
    }
    const long = await askPatiently(shop, "select repeat('x', 3000000)::int")
    t.ok(long.status === 400 && long.text.length < 1000, 'a message is short')
    refuses(t, await ask(shop, `select ${'1 + '.repeat(25_000)}1`), 400, 'INVALID_INPUT')
    refuses(t, await ask(shop, `select '${'ä'.repeat(50_000)}'`), 400, 'INVALID_INPUT')
    refuses(t, await ask(shop, 'select 1', Array(101).fill(1)), 400, 'INVALID_INPUT')
    refuses(t, await ask(shop, 'select \0'), 400, 'INVALID_INPUT')
    refuses(t, await ask(shop, 'select $1::text', ['\0']), 400, 'INVALID_INPUT')
    for (const body of [{}, { sql: 5 }, { sql: 'select 1', params: { a: 1 } }, { sql: ['select 1'] }]) {
      refuses(t, await shop.call('POST', '/query', body), 400, 'INVALID_INPUT')
    }
  })

  await t.test('what the login may not do is a 403', async (t) => {
    for (const sql of [
      'select * from users.users', 'select * from orders.orders', 'select * from gateway.idempotency_keys',
      'select * from public.schemaversion', 'delete from products.products',
      'insert into products.inventory values (1, 1)', 'update products.products set sku = null', 'show all',
      'explain select 1', 'with gone as (delete from products returning 1) select * from gone',
      'select * from products for update', 'select pg_sleep(1)', ';', '-- nothing'
    ]) {
      refuses(t, await ask(shop, sql), 403, 'QUERY_FORBIDDEN')
    }
    t.match((await ask(shop, 'select 1 from users.users')).json.detail, /permission denied for schema users/)
  })

  await t.test('honest text is not refused for its words', async (t) => {
    for (const text of [
      "select product_name from products where product_name ilike '%materialized%' limit 1", "select 'regclass' as x",
      'select 1 as regclass_count -- pg_class', 'select 1 as x /* pg_roles /* aclitem */ */',
      "select $$reg'class$$ as x", "select E'\\'regtype' as x, 1 as y",
      'with a as materialized (select 1 as x) select * from a', "select 'it''s pg_authid' as x",
      'select $a$ U&"x" $$ pg_x $a$ as x', "select E'a'\n'\\'pg_x' as x", 'select "x".x from (select 1 as x) "x"'
    ]) {
      t.equal((await askPatiently(shop, text)).status, 200, text)
    }
    for (const text of [
      "select ''::text, 1::regclass", "select '\\', 1::regclass::text, '\\'", "select E'\\'', 1::regclass::text, ''",
      "select E'a'\n'\\'', 1::regclass, ''", 'select $a$x$a$, 1::regclass::text, $a$x$a$',
      'select a$b$.x::regclass from (select 1 as x) a$b$', 'select 1 /* /* */ */ ::regclass',
      "select 1 --'\n::regclass --'", 'select 1::"regclass"', 'select u&"x" from (select 1 as x) y',
      'with a as/**/not -- x\n materialized (select 1 as x) select * from a', 'select 1::_regclass',
      'select n\'a\', 1::RegType'
    ]) {
      refuses(t, await ask(shop, text.replaceAll('\\n', '\n')), 403, 'QUERY_FORBIDDEN')
    }
  })

  await t.test('it needs an API key like its neighbours', async (t) => {
    const keyed = await openShop(t, { API_KEYS: 'key', DATABASE_URL: shop.url, HARDEN_DATABASE: 'true' })
    refuses(t, await ask(keyed, 'select 1'), 401, 'NOT_IDENTIFIED')
    t.equal((await keyed.call('POST', '/query', { sql: 'select 1' }, { 'x-api-key': 'key' })).status, 200)
  })
})
