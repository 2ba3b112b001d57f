import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Rates } from './for-caller.ts'
import { Delivery } from './schema.ts'
import { Actor, IdempotencyKey, IfMatch, nullable, ref, UserId } from '../../schemas.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'
import { OrderEnvelope, sendPlaced } from './service-envelope.ts'

/** `rates`: the storefront's, where it mounts this route. */
const routes: FastifyPluginAsyncTypebox<{ rates?: Rates }> = async (fastify, { rates }) => {
  fastify.post('/carts/:user_id/checkout', {
    schema: {
      summary: 'Make an order of the cart; the cart is gone',
      description:
        'The body may say where the order goes; what is missing is the user’s own. Takes an Idempotency-Key, and an ' +
          'If-Match with the ETag of the cart.',
      tags: ['Carts'],
      params: Type.Object({ user_id: UserId }),
      body: Type.Optional(nullable(Delivery)),
      headers: Type.Object({ ...IdempotencyKey, ...IfMatch, ...Actor }),
      response: responses({ 201: ref(OrderEnvelope) },
        'INVALID_USER_ID', 'USER_NOT_FOUND', 'CART_EMPTY', 'PRODUCT_NOT_PRICED', 'INSUFFICIENT_STOCK',
        'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED', ...BODY, ...KEY)
    }
  }, async (request, reply) => sendPlaced(reply, await fastify.orders.checkout(
    request.params.user_id, request.body ?? {}, request.ifMatch(), request.context(), rates)))
}

export default routes
