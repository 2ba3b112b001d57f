import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

/** A small file of each kind: the bytes it starts with, and some that are no text. */
const FILES: Record<string, Buffer> = {
  'application/pdf': Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from([0, 255, 128, 10, 13, 0])]),
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46])
}
const PDF = FILES['application/pdf']!

async function makeOrder ({ call }: Shop): Promise<string> {
  const { json } = await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  return json.data[0].order_id
}

const put = async ({ call }: Shop, id: string, document: Buffer | string | undefined, contentType?: string) =>
  await call('PUT', `/orders/${id}/invoice`, document, contentType === undefined ? {} : { 'content-type': contentType })

t.test('an invoice is stored, fetched and replaced', async (t) => {
  const shop = await openShop(t)
  const { call, app } = shop
  const id = await makeOrder(shop)
  const before = await call('GET', `/orders/${id}`)
  t.equal(before.json.data[0].invoice, null)
  refuses(t, await call('GET', `/orders/${id}/invoice`), 404, 'INVOICE_NOT_FOUND')

  for (const [contentType, document] of Object.entries(FILES)) {
    const stored = await put(shop, id, document, contentType)
    t.equal(stored.status, 200)
    t.strictSame(stored.json, {
      message: 'Invoice stored successfully', order_id: id, content_type: contentType, size: document.length
    })
    const fetched = await app.inject({ url: `/orders/${id}/invoice` })
    t.equal(fetched.statusCode, 200)
    t.strictSame(fetched.rawPayload, document, 'byte for byte')
    t.equal(fetched.headers['content-type'], contentType)
    t.equal(fetched.headers['x-content-type-options'], 'nosniff', 'a browser shows it as what it is called')
    t.equal((await call('GET', `/orders/${id}/invoice/`)).status, 200)
  }

  const after = await call('GET', `/orders/${id}`)
  t.equal(after.json.data[0].invoice, `/orders/${id}/invoice`, 'the order names the path')
  t.not(after.headers.etag, before.headers.etag)
  t.equal(after.json.data[0].status_history.length, 1)
  t.equal((await call('GET', '/orders')).json.data[0].invoice, `/orders/${id}/invoice`, 'in lists too')
  t.equal((await put(shop, id, PDF, 'Application/PDF; charset=binary')).json.content_type, 'application/pdf',
    'a type in other letters, with parameters')

  await call('DELETE', `/orders/${id}`)
  refuses(t, await call('GET', `/orders/${id}/invoice`), 404, 'ORDER_NOT_FOUND')
})

t.test('what is no invoice is refused', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const id = await makeOrder(shop)
  for (const [contentType, document] of Object.entries(FILES)) {
    for (const [other, wrong] of Object.entries(FILES)) {
      if (other !== contentType) refuses(t, await put(shop, id, wrong, contentType), 400, 'INVALID_INVOICE')
    }
    refuses(t, await put(shop, id, Buffer.alloc(0), contentType), 400, 'INVALID_INVOICE')
    refuses(t, await put(shop, id, undefined, contentType), 400, 'INVALID_INVOICE')
    refuses(t, await put(shop, id, document.subarray(0, 2), contentType), 400, 'INVALID_INVOICE')
    refuses(t, await put(shop, id, '<script>alert(1)</script>', contentType), 400, 'INVALID_INVOICE')
  }
  for (const contentType of [
    'text/html', 'image/gif', 'application/octet-stream', 'image/svg+xml', 'application/xml'
  ]) {
    refuses(t, await put(shop, id, PDF, contentType), 415, 'UNSUPPORTED_MEDIA_TYPE')
  }
  refuses(t, await put(shop, id, '{"a": 1}', 'application/json'), 415, 'UNSUPPORTED_MEDIA_TYPE')
  refuses(t, await put(shop, id, '{"a": ', 'application/json'), 415, 'UNSUPPORTED_MEDIA_TYPE')
  refuses(t, await call('PATCH', `/orders/${id}`, PDF, { 'content-type': 'application/pdf' }), 415,
    'UNSUPPORTED_MEDIA_TYPE')

  const largest = Buffer.alloc(10 * 1024 * 1024, PDF)
  refuses(t, await put(shop, id, Buffer.concat([largest, Buffer.alloc(1)]), 'application/pdf'), 413, 'BODY_TOO_LARGE')
  refuses(t, await call('GET', `/orders/${id}/invoice`), 404, 'INVOICE_NOT_FOUND')
  t.match(await put(shop, id, largest, 'application/pdf'), { status: 200, json: { size: 10_485_760 } },
    '10 MiB are not too large')
  t.equal((await call('GET', `/orders/${id}/invoice`)).headers['content-length'], '10485760')

  for (const bad of ['x', '-1', '1.5']) {
    refuses(t, await put(shop, bad, PDF, 'application/pdf'), 400, 'INVALID_ORDER_ID', 'Invalid order ID format')
    refuses(t, await call('GET', `/orders/${bad}/invoice`), 400, 'INVALID_ORDER_ID', 'Invalid order ID format')
  }
  refuses(t, await put(shop, '999', PDF, 'application/pdf'), 404, 'ORDER_NOT_FOUND', 'Order not found')
  refuses(t, await call('GET', '/orders/999/invoice'), 404, 'ORDER_NOT_FOUND', 'Order not found')
})
