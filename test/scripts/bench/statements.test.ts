import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptOf } from '../../../scripts/bench/pgbench.ts'
import { tap as tapInto } from '../../../scripts/bench/capture.ts'
import { installReferences, removeReferences } from '../../../scripts/bench/shop.ts'
import { createClient } from '../../../database/client.ts'
import { openShop, userId } from '../../helper.ts'

t.test('A statement becomes a script of pgbench: parameters typed, comments gone, colons and texts as they were',
  async (t) => {
    t.equal(
      scriptOf(
        "-- $2 is no parameter here\nselect a[$1:$2], '$1: :b' from t -- nor $1: here\nwhere c::text = $2 and d = " +
          "'it''s:x'",
        ['integer', 'text'], 'v0'
      ),
      "select a[ :v0_1::integer :  :v0_2::text ], '$1: :b' from t \nwhere c::text =  :v0_2::text  and d = 'it''s:x';\n")
  })

t.test('The statements of a request are read on their way to the database', async (t) => {
  const { url } = await openShop(t)
  const wire = await tapInto(url)
  const sql = createClient(wire.url, { max: 1, statementTimeout: 5000, settings: { lock_timeout: '100ms' } })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    await wire.close()
  })
  const run = async (id: string) => await sql.unsafe(
    'select external_user_id = $1 as same, $2::text as nothing from users.users limit 1', [id, null as never],
    { prepare: true }
  )
  await run(userId(1))
  // The second time it is prepared already.
  const seen = await wire.listen(async () => await run(userId(2)))
  t.match(seen, [
    {
      text: /^select external_user_id/,
      parameters: [userId(2), null],
      settings: { lock_timeout: '100ms', TimeZone: 'UTC' }
    }
  ])
  t.equal(seen.length, 1)
})

t.test('The fixed reference and the best statements fit the schema of today', async (t) => {
  const { sql } = await openShop(t)
  await installReferences(sql)
  for (const kind of ['reference', 'best']) {
    const folder = join(import.meta.dirname, '../../../scripts/bench', kind)
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.sql'))) {
      const text = readFileSync(join(folder, file), 'utf8')
      t.ok((await sql.unsafe(text).describe()).columns.length > 0, `${kind}/${file}`)
    }
  }
  await removeReferences(sql)
  t.same(await sql`select nspname from pg_namespace where nspname like 'bench%'`, [])
})
