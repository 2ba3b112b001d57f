import t, { type Test } from 'tap'
import { openShop, type Shop } from '../helper.ts'

/** Checks that a page of documentation needs nothing but this server. */
async function isSelfContained (t: Test, { app }: Shop, path: string): Promise<void> {
  const page = await app.inject(path)
  t.match(page, { statusCode: 200, headers: { 'content-type': /^text\/html/ } })
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!)
    .filter((link) => !link.startsWith('data:'))
  t.ok(links.some((link) => link.endsWith('.js')), 'a page with scripts')
  for (const link of links) {
    const url = new URL(link, `http://here${path}`)
    t.equal(url.host, 'here', `${link} is served from here`)
    const file = await app.inject(url.pathname)
    t.equal(file.statusCode, 200, link)
    if (link.endsWith('.js')) t.match(file.headers['content-type'], /javascript/, link)
    if (link.endsWith('.css')) t.match(file.headers['content-type'], /css/, link)
  }
}

t.test('the pages that show it', async (t) => {
  const shop = await openShop(t)
  await t.test('/docs', async (t) => await isSelfContained(t, shop, '/docs'))
  await t.test('/docs/', async (t) => await isSelfContained(t, shop, '/docs/'))
  await t.test('/redoc', async (t) => await isSelfContained(t, shop, '/redoc'))
  await t.test('/redoc/', async (t) => await isSelfContained(t, shop, '/redoc/'))
  await t.test('the browser is allowed to run the scripts', async (t) => {
    for (const path of ['/docs', '/redoc']) {
      const policy = (await shop.app.inject(path)).headers['content-security-policy']
      t.ok(policy === undefined || /script-src[^;]*'self'/.test(String(policy)), path)
    }
  })
  await t.test('Swagger UI reads a document that is there', async (t) => {
    const settings = await shop.app.inject('/docs/static/swagger-initializer.js')
    const url = /url: *"([^"]+)"|"url": *"([^"]+)"/.exec(settings.body)?.slice(1).find(Boolean) ?? '/docs/json'
    t.match(await shop.app.inject(url), { statusCode: 200, headers: { 'content-type': /json/ } })
  })
})
