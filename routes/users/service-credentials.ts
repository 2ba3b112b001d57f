import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { Email, NewPassword, Password } from './schema.ts'
import { UserId } from '../../schemas.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })
const REFUSALS = ['INVALID_USER_ID', 'USER_NOT_FOUND', 'CURRENT_PASSWORD_INCORRECT', ...BODY, ...KEY] as const

const PasswordChange = Type.Object({ current_password: Password, new_password: NewPassword }, {
  examples: [{ current_password: 'password', new_password: 'correct horse battery staple' }]
})
const EmailChange = Type.Object({ current_password: Password, new_email_address: Email }, {
  examples: [{ current_password: 'password', new_email_address: 'demo2@example.com' }]
})

/** Changing what a user logs in with. Each takes POST as well as PUT: older clients use both. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  for (const method of ['POST', 'PUT'] as const) {
    fastify.route({
      method,
      url: '/users/:user_id/password',
      schema: {
        summary: 'Change the password',
        tags,
        params,
        body: PasswordChange,
        response: responses({
          200: Type.Object({ message: Type.String(), user_id: UserId, password_updated: Type.Boolean() })
        }, ...REFUSALS)
      },
      handler: async (request, reply) => {
        const { current_password: current, new_password: next } = request.body as Static<typeof PasswordChange>
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
        summary: 'Change the email address',
        tags,
        params,
        body: EmailChange,
        response: responses({
          200: Type.Object({ message: Type.String(), user_id: UserId, email_address: Type.String() })
        }, 'EMAIL_ALREADY_EXISTS', ...REFUSALS)
      },
      handler: async (request, reply) => {
        const { current_password: current, new_email_address: next } = request.body as Static<typeof EmailChange>
        const { user_id: userId } = request.params
        const { email_address: email } = await fastify.throttleGuesses(request, reply, userId, async () =>
          await fastify.users.changeEmail(userId, current, next))
        return { message: 'Email updated successfully', user_id: userId, email_address: email }
      }
    })
  }
}

export default routes
