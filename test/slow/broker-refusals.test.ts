import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { brokerAbsent, openBroker } from '../broker.ts'
import { lines, openOwnShop, openShop, type Shop, userId } from '../helper.ts'

const skip = await brokerAbsent()
const place = async (shop: Shop) => await shop.call('POST', '/orders', {
  user_id: userId(1), items: [{ product_id: 7 }]
})
const state = async (shop: Shop) => (await shop.call('GET', '/api/v1/jobs')).json.queues[2]

/** Waits until the queue of events is in such a state. */
async function comesTo (shop: Shop, is: (state: any) => boolean): Promise<any> {
  for (;;) {
    const now = await state(shop)
    if (is(now)) return now
    await sleep(50)
  }
}

t.test('what keeps events from going out stands in the log and in GET /api/v1/jobs, in the broker\'s words', { skip },
  async (t) => {
    await t.test('a queue that is there with other arguments is used as it is', async (t) => {
      for (const queueOptions of [
        { durable: true, arguments: { 'x-max-length': 5, 'x-overflow': 'reject-publish' } }, { durable: false }
      ]) {
        const broker = await openBroker(t, { queueOptions })
        const log = lines()
        const shop = await openOwnShop(t, { ...broker.settings, LOG_LEVEL: 'info' }, log)
        await place(shop)
        await broker.arrived(1)
        t.match(await comesTo(shop, ({ depth }) => depth === 0), { fault: null })
        t.match(log.text(), /is used as it is/)
        t.match(log.text(), /PRECONDITION_FAILED - inequivalent arg '[\w-]+'/, 'the log says what is different')
      }
    })

    await t.test('a full queue that rejects: the events wait, and go out when there is room', async (t) => {
      const queueOptions = { durable: true, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } }
      const broker = await openBroker(t, { consumes: false, queueOptions })
      const log = lines()
      const shop = await openOwnShop(t, { ...broker.settings, LOG_LEVEL: 'info' }, log)
      for (let n = 0; n < 3; n++) await place(shop)
      const full = await comesTo(shop, ({ fault }) => fault !== null)
      t.match(full, { depth: Number, fault: { reason: /basic\.nack.*full/, since: /^\d{4}-.*\+00:00$/ } })
      t.match(log.text(), /basic\.nack/)
      await broker.consume()
      await broker.arrived(3)
      t.match(await comesTo(shop, ({ depth, fault }) => depth === 0 && fault === null), { depth: 0, fault: null })
    })

    const refusals: [string, (url: URL) => void, RegExp][] = [
      ['a wrong password', (url) => { url.password = 'wrong-password' }, /ACCESS_REFUSED - Login was refused/],
      ['a vhost that is not there', (url) => { url.pathname = '/nowhere' }, /NOT_ALLOWED - .*vhost nowhere/],
      ['nobody there', (url) => { url.port = '1' }, /ECONNREFUSED/]
    ]
    for (const [name, spoil, words] of refusals) {
      await t.test(`${name}; the other gateways see it too`, async (t) => {
        const broker = await openBroker(t)
        const url = new URL(broker.settings.RABBITMQ_URL)
        spoil(url)
        const log = lines()
        const shop = await openOwnShop(t, { ...broker.settings, RABBITMQ_URL: url.href, LOG_LEVEL: 'info' }, log)
        const fault = (await comesTo(shop, (now) => now.fault !== null)).fault
        t.match(fault, { reason: words, since: /^\d{4}-/ })
        t.match(log.text(), words)
        t.notMatch(log.text() + JSON.stringify(fault), 'wrong-password')
        await place(shop)
        const without = await openShop(t, { DATABASE_URL: shop.url })
        t.match(await comesTo(without, (now) => now.fault !== null), { depth: 1, fault: { reason: words } })
        t.equal((await state(shop)).fault.since, fault.since, 'since when it is so')
      })
    }

    await t.test('one reason after the other is told, not only the first', async (t) => {
      const broker = await openBroker(t)
      const url = new URL(broker.settings.RABBITMQ_URL)
      url.password = 'wrong-password'
      await broker.cut()
      const shop = await openShop(t, { ...broker.settings, RABBITMQ_URL: url.href })
      const away = await comesTo(shop, ({ fault }) => fault !== null)
      t.match(away.fault.reason, /ECONNREFUSED/)
      await broker.mend()
      t.match(await comesTo(shop, ({ fault }) => fault.reason !== away.fault.reason), {
        fault: { reason: /ACCESS_REFUSED/, since: away.fault.since }
      })
    })
  })
