import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { User, UserChanges, UserExport } from './schema.ts'
import { IfMatch, ref, UserId } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, KEY, responses, tagged } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })

/** What a user may read and change of the own account; mounted by the storefront too. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/users/:user_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getUser',
      summary: 'One user',
      description: 'Without credentials.',
      tags,
      params,
      response: responses({ 200: ref(User) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.find(request.params.user_id)
    setETag(reply, user.user_id, user.version)
    return user
  })

  fastify.put('/users/:user_id', {
    schema: {
      operationId: 'updateUser',
      summary: 'Change a user: only what is sent',
      description: 'Email and password have routes of their own; sent along, they are ignored.',
      tags,
      params,
      body: ref(UserChanges),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(User)) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', 'PRECONDITION_FAILED',
        ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.update(request.params.user_id, request.body, request.ifMatch())
    setETag(reply, user.user_id, user.version)
    return user
  })

  fastify.get('/users/:user_id/export', {
    schema: {
      operationId: 'exportUser',
      summary: 'Everything stored about the person',
      description: 'As one document, without credentials and internal ids. An invoice is named, and fetched by itself.',
      tags,
      params,
      response: responses({ 200: ref(UserExport) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => sendJson(reply, await fastify.users.export(request.params.user_id)))
}

export default routes
