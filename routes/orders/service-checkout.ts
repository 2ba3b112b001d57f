import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Rates } from './for-caller.ts'
import { Delivery } from './schema.ts'
import { Actor, IdempotencyKey, IfMatch, ref, UserId } from '../../schemas.ts'
import { BODY, KEY, placed, responses } from '../faces/responses.ts'
import { OrderEnvelope, sendPlaced } from './service-envelope.ts'

/** `rates`: the storefront's, where it mounts this route. */
const routes: FastifyPluginAsyncTypebox<{ rates?: Rates }> = async (fastify, { rates }) => {
  fastify.post('/carts/:user_id/checkout', {
    // No body is a body that leaves everything out.
    preValidation: async (request) => { request.body ??= {} },
    schema: {
      operationId: 'checkoutCart',
      summary: 'Turn the cart into an order',
      description:
        'The cart is gone afterwards. The body may say where the order goes; what is missing is taken from the user. ' +
        'Takes an Idempotency-Key, and an If-Match with the ETag of the cart.',
      'x-optional-body': true,
      tags: ['Carts'],
      params: Type.Object({ user_id: UserId }),
      body: ref(Delivery),
      headers: Type.Object({ ...IdempotencyKey, ...IfMatch, ...Actor }),
      response: responses({ 201: placed(ref(OrderEnvelope)) },
        'INVALID_USER_ID', 'USER_NOT_FOUND', 'CART_EMPTY', 'PRODUCT_NOT_PRICED', 'INSUFFICIENT_STOCK',
        'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED', ...BODY, ...KEY)
    }
  }, async (request, reply) => sendPlaced(reply, await fastify.orders.checkout(
    request.params.user_id, request.body, request.ifMatch(), request.context(), rates)))
}

export default routes
