import type { FastifyPluginAsync } from 'fastify'
import { ratesOf } from '../../../plugins/domain/orders/storefront.ts'
import carts from '../../service/carts/carts.ts'
import checkout from '../../service/carts/checkout.ts'
import { mountForOwnUser } from '../own-user.ts'

/** The service API's carts, for the caller's own; checkout charges tax and shipping as every order of the storefront. */
const routes: FastifyPluginAsync = async (fastify) => {
  mountForOwnUser(fastify, 'Storefront: carts')
  fastify.register(carts)
  fastify.register(checkout, { rates: ratesOf(fastify.config) })
}

export default routes
