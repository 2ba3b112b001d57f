import fp from 'fastify-plugin'
import { Type } from '@sinclair/typebox'
import { problem } from '../common/problems.ts'
import { TOKEN } from '../database/positions.ts'

/** In requests and responses (contract, section 13). */
const HEADER = 'consistency-token'

const CARRIED = Type.Optional(Type.String({
  description: 'of the response to a write: what is read is as new as that write', examples: ['00000000030000d8']
}))

/** What is read from replicas, and what writes it. */
const OF_THE_SHOP = /\/(users|carts|orders|products|departments|aisles|import)\b/

/**
 * Reading one's writes from replicas: what has written tells the position after its commit, and a read that carries it
 * is as new as that write (database/replicas.ts).
 */
export default fp(async (fastify) => {
  fastify.addHook('onRoute', (route) => {
    const { headers, response, hide } = route.schema ?? {}
    if (hide || !response || !OF_THE_SHOP.test(route.url)) return
    if (route.method === 'GET') {
      const { properties } = (headers ?? {}) as { properties?: object }
      route.schema = {
        ...route.schema,
        headers: { type: 'object', ...headers as object, properties: { ...properties, [HEADER]: CARRIED } }
      }
    } else {
      route.schema = {
        ...route.schema,
        response: Object.fromEntries(Object.entries(response as Record<string, { headers?: object }>).map(
          ([status, one]) => [status, status < '300'
            ? { ...one, headers: { ...one.headers, 'Consistency-Token': {} } }
            : one]
        ))
      }
    }
  })

  fastify.addHook('onRequest', (request, _reply, done) => {
    const token = request.headers[HEADER]
    if (token === undefined) return done()
    if (typeof token !== 'string' || !TOKEN.test(token)) {
      return done(problem('INVALID_INPUT', {}, [{ field: HEADER, message: 'is none that a response of ours had' }]))
    }
    request.from.token = token
    done()
  })

  fastify.addHook('onSend', (request, reply, payload, done) => {
    // A refusal before the context was there has none. Without a position it has been done all the same, and this
    // gateway knows by itself what it has written.
    if (request.from?.position) reply.header(HEADER, request.from.position)
    done(null, payload)
  })
}, { name: 'consistency', dependencies: ['context', 'database'] })
