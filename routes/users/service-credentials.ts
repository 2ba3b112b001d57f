import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { EmailChange, EmailChanged, PasswordChange, PasswordChanged } from './schema.ts'
import { ref, UserId } from '../../schemas.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })
const REFUSALS = ['INVALID_USER_ID', 'USER_NOT_FOUND', 'CURRENT_PASSWORD_INCORRECT', ...BODY, ...KEY] as const

/** Changing what a user logs in with. Each takes POST as well as PUT: older clients use both. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  for (const [method, suffix] of [['POST', 'ByPost'], ['PUT', '']] as const) {
    fastify.route({
      method,
      url: '/users/:user_id/password',
      schema: {
        operationId: `changePassword${suffix}`,
        summary: 'Change the password',
        description: 'Tokens of before are void. PUT and POST do the same.',
        tags,
        params,
        body: ref(PasswordChange),
        response: responses({ 200: ref(PasswordChanged) }, ...REFUSALS)
      },
      handler: async (request, reply) => {
        const { current_password: current, new_password: next } = request.body
        const { user_id: userId } = request.params
        await fastify.throttleGuesses(request, reply, userId,
          async () => await fastify.users.changePassword(userId, current, next))
        return { message: 'Password updated successfully', user_id: userId, password_updated: true }
      }
    })

    fastify.route({
      method,
      url: '/users/:user_id/email',
      schema: {
        operationId: `changeEmail${suffix}`,
        summary: 'Change the email address',
        description: 'The user logs in with the new one from now on. PUT and POST do the same.',
        tags,
        params,
        body: ref(EmailChange),
        response: responses({ 200: ref(EmailChanged) }, 'EMAIL_ALREADY_EXISTS', ...REFUSALS)
      },
      handler: async (request, reply) => {
        const { current_password: current, new_email_address: next } = request.body
        const { user_id: userId } = request.params
        const { email_address: email } = await fastify.throttleGuesses(request, reply, userId, async () =>
          await fastify.users.changeEmail(userId, current, next))
        return { message: 'Email updated successfully', user_id: userId, email_address: email }
      }
    })
  }
}

export default routes
