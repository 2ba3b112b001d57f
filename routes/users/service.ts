import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import credentials from './service-credentials.ts'
import notificationSettings from './service-notification-settings.ts'
import profile from './service-profile.ts'
import { Email, NewPassword, NewUser, Password, User } from './schema.ts'
import { limits } from '../../plugins/limits.ts'
import { IfMatch, PageInfo, pageInfo, Paging, ref, UserId } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

const UserPage = Type.Object({ users: Type.Array(ref(User)), ...PageInfo })
const LoggedIn = Type.Object({ ...User.properties, has_active_cart: Type.Boolean() })
const tags = ['Users']
const params = Type.Object({ user_id: UserId })

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  for (const plugin of [credentials, notificationSettings, profile]) fastify.register(plugin)

  fastify.post('/users', {
    config: { rateLimit: limits.registration },
    schema: {
      summary: 'Make a user',
      tags,
      body: Type.Composite([NewUser, Type.Object({ password: NewPassword })], {
        examples: [{
          first_name: 'Ada',
          last_name: 'Lovelace',
          email_address: 'ada@example.com',
          password: 'correct horse battery staple',
          city: 'London'
        }]
      }),
      response: responses({ 201: ref(User) }, 'EMAIL_ALREADY_EXISTS', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.create(request.body, request.body.password, 'service')
    setETag(reply, user.user_id, user.version)
    return reply.code(201).header('location', `/users/${user.user_id}`).send(user)
  })

  fastify.get('/users', {
    schema: {
      summary: 'A page of users, the longest-standing first',
      tags,
      querystring: Type.Object({
        q: Type.Optional(Type.String({
          maxLength: 255,
          description:
            'finds users whose name and email address contain every word of it, in any order, without regard to case ' +
              'and accents'
        })),
        ...Paging(25)
      }),
      response: responses({ 200: UserPage }, ...KEY)
    }
  }, async (request) => {
    const { users, total } = await fastify.users.list(request.query)
    return { users, ...pageInfo(total, request.query) }
  })

  fastify.post('/users/login', {
    schema: {
      summary: 'Log in',
      description:
        'Sets last_login. A pending reminder counts as delivered: this response still says true, the next no longer.',
      tags,
      body: Type.Object({ email_address: Email, password: Password }, {
        examples: [{ email_address: 'demo@example.com', password: 'password' }]
      }),
      response: responses({ 200: LoggedIn }, 'INVALID_CREDENTIALS', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const { email_address: email, password } = request.body
    const user = await fastify.throttleGuesses(request, reply, email,
      async () => await fastify.users.logIn(email, password))
    setETag(reply, user.user_id, user.version)
    return user
  })

  fastify.delete('/users/:user_id', {
    schema: {
      summary: 'Delete a user; the orders stay, without the person',
      description:
        'Items, sums, dates, statuses and invoices are kept; whatever names the person, or leads there, is erased.',
      tags,
      params,
      body: Type.Object({ password: Password }, { examples: [{ password: 'password' }] }),
      headers: Type.Object(IfMatch),
      response: responses({
        200: Type.Object({ message: Type.String(), user_id: UserId, deleted: Type.Boolean() })
      }, 'INVALID_USER_ID', 'USER_NOT_FOUND', 'PASSWORD_INCORRECT', 'PRECONDITION_FAILED', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const { user_id: userId } = request.params
    await fastify.throttleGuesses(request, reply, userId, async () =>
      await fastify.users.remove(userId, request.body.password, request.ifMatch()))
    return { message: 'User deleted successfully', user_id: userId, deleted: true }
  })
}

export default routes
