import type { FastifyPluginAsync } from 'fastify'
import carts from './service.ts'
import { mountForOwnUser } from '../faces/own-user.ts'

/** The service API's carts, for the caller's own. */
const routes: FastifyPluginAsync = async (fastify) => {
  mountForOwnUser(fastify, 'Storefront: carts')
  fastify.register(carts)
}

export default routes
