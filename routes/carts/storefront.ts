import type { FastifyPluginAsync } from 'fastify'
import { ratesOf } from '../orders/caller.ts'
import carts from './service.ts'
import checkout from './checkout.ts'
import { mountForOwnUser } from '../faces/own-user.ts'

/** The service API's carts, for the caller's own; checkout charges tax and shipping as every order of the storefront. */
const routes: FastifyPluginAsync = async (fastify) => {
  mountForOwnUser(fastify, 'Storefront: carts')
  fastify.register(carts)
  fastify.register(checkout, { rates: ratesOf(fastify.config) })
}

export default routes
