import type { FastifyPluginAsync } from 'fastify'
import credentials from './service-credentials.ts'
import notifications from './service-notification-settings.ts'
import profile from './service-profile.ts'
import { mountForOwnUser } from '../faces/own-user.ts'

/** The service API's routes about one user, for the caller's own account. */
const routes: FastifyPluginAsync = async (fastify) => {
  mountForOwnUser(fastify, 'Storefront: account')
  for (const plugin of [profile, credentials, notifications]) fastify.register(plugin)
}

export default routes
