import t from 'tap'
import { NOBODY, openShop, type Answer, type Shop } from './helper.ts'
import { ADMIN, listOperations, type Method } from './operations.ts'

/** What an answer says, without what differs from one request to the next. */
const essence = ({ status, headers, text }: Answer) => ({
  status, type: headers['content-type'], text: text.replace(/"(request_id|timestamp)":"[^"]*"/g, '"$1":""')
})

/** Every operation of the OpenAPI document as a request that changes nothing, for nobody's resources. */
function requestsOf (shop: Shop, user = NOBODY): [Method, string, object | undefined][] {
  return listOperations(shop).map(({ method, template, operation: { requestBody } }) => {
    const path = template.replace('{user_id}', template.startsWith('/api/') ? user : NOBODY)
      .replace('{order_id}', '999999999').replace('{product_id}', '999999')
    return [method, path, requestBody && {}]
  })
}

t.test('every route answers with a trailing slash as it does without', async (t) => {
  const shop = await openShop(t)
  for (const [method, path, body] of requestsOf(shop).filter(([, path]) => path !== '/' && path !== '/metrics')) {
    const ask = async (url: string) => essence(await shop.call(method, url, body, ADMIN))
    const plain = await ask(path)
    t.notMatch(plain.text, /There is nothing at this address/, `${method} ${path} is a route`)
    t.ok(plain.status < 500, `${plain.status}`)
    t.same(await ask(`${path}/`), plain, `${method} ${path}/`)
    t.same(await ask(`${path}/?unknown=1`), await ask(`${path}?unknown=1`), `${method} ${path}/?…`)
  }
})

t.test('with a body of {} or none, and for ids that nobody has, no route falls over', async (t) => {
  const shop = await openShop(t)
  for (const [method, path, body] of [...requestsOf(shop), ...requestsOf(shop, 'me')]) {
    for (const payload of body ? [{}, undefined, [], '', 'null', '"x"', { items: null }] : [undefined]) {
      const answer = await shop.call(method, path, payload, {
        ...ADMIN, ...body && { 'content-type': 'application/json' }
      })
      t.ok(answer.status < 500, `${method} ${path} ${JSON.stringify(payload)}: ${answer.status}`)
    }
  }
})
