import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { IdentityChanges, ManagedUser, ManagedUserPage } from './schema.ts'
import { IfMatch, Paging, ref, Text, UserKeyText } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { ADMIN, BODY, responses, tagged } from '../faces/responses.ts'

const tags = ['Management: users']
const params = Type.Object({ user_id: UserKeyText })
const ONE = ['INVALID_USER_ID', 'USER_NOT_FOUND', ...ADMIN] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { users } = fastify

  fastify.get('/users', {
    schema: {
      operationId: 'listManagedUsers',
      summary: 'A page of users, by internal id',
      description: 'With the internal id and the UUID of each.',
      tags,
      querystring: Type.Object({
        q: Type.Optional(Text(255, {
          description:
            'finds users whose name and email address contain every word of it, in any order, without regard to case ' +
              'and accents'
        })),
        ...Paging(20)
      }),
      response: responses({ 200: ref(ManagedUserPage) }, ...ADMIN)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    const { users: items, total } = await users.listManaged(request.query)
    return { items, total, limit, offset }
  })

  fastify.get('/users/:user_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getManagedUser',
      summary: 'One user',
      description: 'By the internal id or the UUID.',
      tags,
      params,
      response: responses({ 200: ref(ManagedUser) }, ...ONE)
    }
  }, async (request, reply) => {
    const user = await users.findManaged(request.params.user_id)
    setETag(reply, user.user_id, user.version)
    return user
  })

  fastify.patch('/users/:user_id', {
    schema: {
      operationId: 'updateManagedUser',
      summary: 'Change email address or name',
      description: 'Only what is sent changes. The password stays.',
      tags,
      params,
      body: ref(IdentityChanges),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(ManagedUser)) }, 'EMAIL_ALREADY_EXISTS', 'PRECONDITION_FAILED', ...ONE,
        ...BODY)
    }
  }, async (request, reply) => {
    const user = await users.changeIdentity(request.params.user_id, request.body, request.ifMatch())
    setETag(reply, user.user_id, user.version)
    return user
  })
}

export default routes
