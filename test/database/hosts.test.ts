import t from 'tap'
import { aimed, findHost, hostsOf } from '../../database/hosts.ts'
import { until } from '../checks.ts'
import { freshDatabase, openShop, userId } from '../helper.ts'
import { openWay } from '../way.ts'

/** The same database by two hosts. */
const both = (first: string, second: string) => first.replace(/(?<=@)[^/]*/,
  `${new URL(first).host},${new URL(second).host}`)

t.test('an address that names several hosts', async (t) => {
  t.same(hostsOf('postgres://u:p%2C@a:1,[::1],b:2/d?x=1,2'), [
    'postgres://u:p%2C@a:1/d?x=1,2', 'postgres://u:p%2C@[::1]/d?x=1,2', 'postgres://u:p%2C@b:2/d?x=1,2'
  ])
  t.same(hostsOf('postgres://a/d?options=x,y'), ['postgres://a/d?options=x,y'], 'and one that does not')
  for (const [given, wanted] of [
    ['postgres://a,b/d', 'postgres://a,b/d?target_session_attrs=primary'],
    ['postgres://a,b/d?target_session_attrs=read-write&x=1', 'postgres://a,b/d?x=1&target_session_attrs=primary'],
    ['postgres://a,b/d?x=1&target_session_attrs=prefer-standby', 'postgres://a,b/d?x=1&target_session_attrs=standby'],
    ['postgres://a/d?x=1', 'postgres://a/d?x=1']
  ] as const) t.equal(aimed(given, 'primary'), wanted)
  t.equal(aimed('postgres://a,b/d?target_session_attrs=any'), 'postgres://a,b/d', 'any will do')
})

t.test('what is wrong with each is said where none can be had', async (t) => {
  await t.rejects(findHost(aimed('postgres://x@127.0.0.1:1,127.0.0.1:2/d', 'primary')), {
    code: 'CONNECTION_NO_HOST', message: /:1.*:2/
  })
  const url = await freshDatabase(t)
  await t.rejects(findHost(aimed(both(url, 'postgres://127.0.0.1:1'), 'primary').replace('=primary', '=standby')),
    { code: 'CONNECTION_NO_HOST' }, 'a primary is no standby')
})

t.test('the primary is found behind a dead host, and again when it moves', async (t) => {
  const url = await freshDatabase(t)
  const [one, other] = [await openWay(url), await openWay(url)]
  t.teardown(
    async () => await Promise.all([one.close(), other.close()].map(async (closed) => await closed.catch(() => {})))
  )
  await one.close()
  const { call } = await openShop(t, { DATABASE_URL: both(one.url, other.url) })
  const works = async () => {
    const answers = [
      await call('GET', '/products/1'),
      await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }),
      await call('POST', '/query', { sql: 'select 1 as x' }), await call('GET', '/readyz')
    ]
    return answers.map(({ status }) => status).join()
  }
  t.equal(await works(), '200,201,200,200')
  await other.close()
  t.equal((await call('GET', '/readyz')).status, 503)
  await one.reopen()
  await until(async () => await works() === '200,201,200,200', 'all faces are back')
  t.equal(await works(), '200,201,200,200', 'and stay')
})
