import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { serve } from '../clients/serve.ts'
import { userId } from '../helper.ts'

const script = join(import.meta.dirname, '../../scripts/compare.ts')

async function compare (...parameters: string[]): Promise<{ code: number, output: string }> {
  const child = spawn(process.execPath, [script, ...parameters])
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
  return { code, output: out + err }
}

t.test('two services that hold the same differ in nothing; what one lost is named', async (t) => {
  const [older, newer] = [await serve(t), await serve(t)]
  const reads = ['--user', userId(2), '--old', `${older.url}/legacy`, '--new', `${newer.url}/legacy/`]
  const same = await compare(...reads)
  t.equal(same.code, 0, same.output)
  t.match(same.output, /^same {6}GET \/departments$/m)
  t.match(same.output, /\n18 reads, 0 of them with differences/)
  const partly = await compare('--old', `${older.url}/nowhere`, '--new', newer.url)
  t.match(partly, { code: 0, output: /^not there GET \/departments$/m },
    'what the older service has not is no difference')

  await newer.sql`update products.product_enriched set price = price + 1 where product_id = 1`
  await newer.sql`update users.users set city = 'Berlin' where external_user_id = ${userId(2)}`
  const different = await compare(...reads)
  t.equal(different.code, 1)
  t.match(different.output, /DIFFERENT GET \/products\/1\n.*price: 1\.99, now 2\.99/)
  t.match(different.output, new RegExp(`DIFFERENT GET /users/${userId(2)}\n.*city: "Springfield", now "Berlin"`))
  t.match(different.output, /DIFFERENT select count.*product_enriched\n.*prices/)
  t.match(different.output, /^same {6}GET \/departments$/m)
})

t.test('what cannot be compared says so and exits with 2', async (t) => {
  for (const parameters of [[], ['--old', 'nonsense', '--new', 'http://127.0.0.1:1'], ['--nonsense'], ['surplus']]) {
    const { code, output } = await compare(...parameters)
    t.equal(code, 2, parameters.join(' '))
    t.match(output, /npx node scripts\/compare.ts --old URL --new URL/)
  }
  t.match(await compare('--old', 'http://127.0.0.1:1', '--new', 'http://127.0.0.1:1'), {
    code: 2, output: /fetch failed/
  })
  t.match(await compare('--help'), { code: 0, output: /npx node scripts\/compare.ts/ })
})
