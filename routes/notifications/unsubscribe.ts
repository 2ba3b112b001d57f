import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { html, type Html } from './html.ts'
import { BODY, responses } from '../faces/responses.ts'

const querystring = Type.Object({
  token: Type.String({ maxLength: 200, description: 'as it stands in the link of an email' })
  // Mail programs add parameters of their own to links; a person must not fail for it.
}, { additionalProperties: true })
const page = {
  description: 'a page',
  content: { 'text/html': { schema: { type: 'string' }, example: '<!doctype html><title>No more emails?</title>' } }
}
const config = { page: 'form' } as const
const schema = {
  tags: ['Notifications'],
  querystring,
  response: responses({ 200: Type.Unsafe<string>(page) }, 'INVALID_TOKEN', ...BODY)
}

/** One-click unsubscribe (RFC 8058): a mail program posts without asking; a person sees a page with a button first. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  // A form, or a mail program's `List-Unsubscribe=One-Click`: what counts is the token in the address.
  fastify.addContentTypeParser(['application/x-www-form-urlencoded', 'multipart/form-data'], async () => null)

  fastify.get('/notifications/unsubscribe', {
    config,
    schema: {
      ...schema,
      operationId: 'showUnsubscribePage',
      summary: 'The page with the unsubscribe button',
      description: 'Changes nothing.'
    }
  },
  async (request, reply) => {
    fastify.notifications.checkToken(request.query.token)
    return reply.type('text/html; charset=utf-8').send(write(fastify.config.APP_NAME, 'No more emails?', html`
        <p>You will get no more reminders and order news by email.</p>
        <form method="post"><button>Unsubscribe</button></form>`))
  })

  fastify.post('/notifications/unsubscribe', {
    config,
    schema: {
      ...schema,
      operationId: 'unsubscribe',
      summary: 'End a user’s emails',
      description: 'One-click unsubscribe (RFC 8058). Once more changes nothing.'
    }
  }, async (request, reply) => {
    await fastify.notifications.unsubscribe(request.query.token)
    return reply.type('text/html; charset=utf-8').send(write(fastify.config.APP_NAME, 'Done', html`
      <p>You get no more emails. You can ask for them again in your settings.</p>`))
  })
}

export default routes

const write = (shop: string, title: string, body: Html): string => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${title} – ${shop}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:15vh auto;padding:0 1rem;color:#222}
h1{font-size:1.4rem}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1a6b4a;color:#fff;cursor:pointer}
</style></head>
<body><p>${shop}</p><h1>${title}</h1>${body}</body></html>
`.text
