import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import credentials from './service-credentials.ts'
import notificationSettings from './service-notification-settings.ts'
import profile from './service-profile.ts'
import { LoggedIn, Login, NewUserWithPassword, User, UserDeleted, UserDeletion, UserPage } from './schema.ts'
import { limits } from '../../plugins/limits.ts'
import { IfMatch, pageInfo, Paging, ref, UserId } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { BODY, created, KEY, responses, tagged } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  for (const plugin of [credentials, notificationSettings, profile]) fastify.register(plugin)

  fastify.post('/users', {
    config: { rateLimit: limits.registration },
    schema: {
      operationId: 'createUser',
      summary: 'Create a user',
      description: 'An email address belongs to one user; case does not count.',
      tags,
      body: ref(NewUserWithPassword),
      response: responses({ 201: created(tagged(ref(User))) }, 'EMAIL_ALREADY_EXISTS', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.create(request.body, request.body.password, 'service')
    setETag(reply, user.user_id, user.version)
    return reply.code(201).header('location', `/users/${user.user_id}`).send(user)
  })

  fastify.get('/users', {
    schema: {
      operationId: 'listUsers',
      summary: 'A page of users',
      description: 'The longest-standing first.',
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
      response: responses({ 200: ref(UserPage) }, ...KEY)
    }
  }, async (request) => {
    const { users, total } = await fastify.users.list(request.query)
    return { users, ...pageInfo(total, request.query) }
  })

  fastify.post('/users/login', {
    schema: {
      operationId: 'logInUser',
      summary: 'Log in',
      description:
        'Sets last_login. A pending reminder counts as delivered: this response still says true, the next no more.',
      tags,
      body: ref(Login),
      response: responses({ 200: tagged(ref(LoggedIn)) }, 'INVALID_CREDENTIALS', ...BODY, ...KEY)
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
      operationId: 'deleteUser',
      summary: 'Delete a user; the orders stay, without the person',
      description:
        'Items, sums, dates, statuses and invoices are kept; whatever names the person, or leads there, is erased.',
      tags,
      params,
      body: ref(UserDeletion),
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(UserDeleted) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', 'PASSWORD_INCORRECT',
        'PRECONDITION_FAILED', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const { user_id: userId } = request.params
    await fastify.throttleGuesses(request, reply, userId, async () =>
      await fastify.users.remove(userId, request.body.password, request.ifMatch()))
    return { message: 'User deleted successfully', user_id: userId, deleted: true }
  })
}

export default routes
