import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import {
  DeliveryStatus, NewWebhook, Webhook, WebhookChanges, WebhookDelivery, WebhookDeliveryPage, WebhookPage,
  WebhookWithSecret
} from './schema.ts'
import { Paging, ref } from '../../schemas.ts'
import { ADMIN, BODY, created, responses } from '../faces/responses.ts'

const tags = ['Management: webhooks']
const Id = (what: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: what, examples: [1] })
const params = Type.Object({ webhook_id: Id('a webhook’s id') })
const ONE = ['WEBHOOK_NOT_FOUND', ...ADMIN] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { webhooks } = fastify

  fastify.get('/webhooks', {
    schema: {
      operationId: 'listWebhooks',
      summary: 'A page of webhooks',
      description: 'Where events are sent, and whether they arrive; without secrets.',
      tags,
      querystring: Type.Object(Paging(20)),
      response: responses({ 200: ref(WebhookPage) }, ...ADMIN)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    return { ...await webhooks.list(request.query), limit, offset }
  })

  fastify.post('/webhooks', {
    schema: {
      operationId: 'createWebhook',
      summary: 'Have events sent to an address',
      description: 'From now on. The response has the secret that signs them (Standard Webhooks), this once.',
      tags,
      body: ref(NewWebhook),
      response: responses({ 201: created(ref(WebhookWithSecret)) }, 'WEBHOOK_URL_REFUSED', 'WEBHOOK_LIMIT_REACHED',
        ...BODY, ...ADMIN)
    }
  }, async (request, reply) => {
    const webhook = await webhooks.create(request.body)
    return reply.code(201).header('location', `/api/v1/webhooks/${webhook.id}`).send(webhook)
  })

  fastify.get('/webhooks/:webhook_id', {
    schema: {
      operationId: 'getWebhook',
      summary: 'One webhook',
      description: 'Without its secret.',
      tags,
      params,
      response: responses({ 200: ref(Webhook) }, ...ONE)
    }
  }, async (request) => await webhooks.find(request.params.webhook_id))

  fastify.patch('/webhooks/:webhook_id', {
    schema: {
      operationId: 'updateWebhook',
      summary: 'Change address or events, or switch it off or on: only what is sent',
      description: 'What waits while it is off goes out when it is on again.',
      tags,
      params,
      body: ref(WebhookChanges),
      response: responses({ 200: ref(Webhook) }, 'WEBHOOK_URL_REFUSED', ...BODY, ...ONE)
    }
  }, async (request) => await webhooks.change(request.params.webhook_id, request.body))

  fastify.delete('/webhooks/:webhook_id', {
    schema: {
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'Nothing more is sent there.',
      tags,
      params,
      response: responses({ 204: Type.Null() }, ...BODY, ...ONE)
    }
  }, async (request, reply) => {
    await webhooks.remove(request.params.webhook_id)
    return reply.code(204).send(null)
  })

  fastify.post('/webhooks/:webhook_id/secret', {
    schema: {
      operationId: 'rotateWebhookSecret',
      summary: 'Make a new secret',
      description: 'The response has it, this once. For 24 hours the secret before signs along.',
      tags,
      params,
      response: responses({ 200: ref(WebhookWithSecret) }, ...BODY, ...ONE)
    }
  }, async (request) => await webhooks.rotateSecret(request.params.webhook_id))

  fastify.post('/webhooks/:webhook_id/test', {
    schema: {
      operationId: 'testWebhook',
      summary: 'Send a test',
      description: 'It goes the way of all deliveries, and stands among them. Its event_type is `test`.',
      tags,
      params,
      response: responses({ 202: ref(WebhookDelivery) }, ...BODY, ...ONE)
    }
  }, async (request, reply) => reply.code(202).send(await webhooks.test(request.params.webhook_id)))

  fastify.get('/webhooks/:webhook_id/deliveries', {
    schema: {
      operationId: 'listWebhookDeliveries',
      summary: 'What was sent, and what became of it',
      description: 'The latest first; what waits in the order in which it is due. Kept as long as the events.',
      tags,
      params,
      querystring: Type.Object({ status: Type.Optional(DeliveryStatus), ...Paging(20) }),
      response: responses({ 200: ref(WebhookDeliveryPage) }, ...ONE)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    return { ...await webhooks.listDeliveries(request.params.webhook_id, request.query), limit, offset }
  })

  fastify.post('/webhooks/:webhook_id/deliveries/:delivery_id/redeliver', {
    schema: {
      operationId: 'redeliverWebhookDelivery',
      summary: 'Send a delivery again',
      description: 'Whatever became of it: with the same webhook-id, and three days of attempts.',
      tags,
      params: Type.Object({ ...params.properties, delivery_id: Id('a delivery’s id') }),
      response: responses({ 202: ref(WebhookDelivery) }, 'DELIVERY_NOT_FOUND', ...BODY, ...ONE)
    }
  }, async (request, reply) => {
    const { webhook_id: id, delivery_id: deliveryId } = request.params
    return reply.code(202).send(await webhooks.redeliver(id, deliveryId))
  })
}

export default routes
