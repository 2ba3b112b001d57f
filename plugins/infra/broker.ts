import { setImmediate } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { Connection } from 'rabbitmq-client'

/** A broker that is low on memory or disk confirms nothing and says nothing: after this a publish counts as failed. */
const CONFIRM_TIMEOUT = 10_000
const CONNECT_TIMEOUT = 5_000

export interface Message { id: string, type: string, body: string, headers: Record<string, string> }

declare module 'fastify' {
  interface FastifyInstance {
    /** RabbitMQ, where RABBITMQ_URL names one. */
    broker: null | {
      /** Resolves once the broker has the message on disk; rejects where it could not be confirmed in time. */
      publish (message: Message): Promise<void>
      /** Calls back whenever the connection is there (again). */
      onConnect (callback: () => void): void
    }
  }
}

/** The connection to RabbitMQ. It comes back by itself; a request never waits for it. */
export default fp(async (fastify) => {
  const { RABBITMQ_URL: url, RABBITMQ_QUEUE: queue } = fastify.config
  if (!url) {
    fastify.decorate('broker', null)
    return
  }
  const connection = new Connection({
    url, acquireTimeout: CONNECT_TIMEOUT, connectionTimeout: CONNECT_TIMEOUT, retryLow: 200, retryHigh: 5_000, connectionName: 'db-service'
  })
  connection.on('error', (error) => fastify.log.warn({ reason: String(error) }, 'RabbitMQ cannot be reached; events wait'))
  connection.on('connection', () => fastify.log.info('connected to RabbitMQ'))
  const publisher = connection.createPublisher({ confirm: true, queues: [{ queue, durable: true }] })

  // A message that no queue takes is confirmed all the same, after it was returned (RabbitMQ: "mandatory" and confirms).
  const returned = new Set<string>()
  publisher.on('basic.return', (message) => returned.add(message.messageId ?? ''))

  fastify.decorate('broker', {
    publish: async (message) => {
      await inTime(publisher.send({
        routingKey: queue,
        mandatory: true,
        durable: true,
        contentType: 'application/json',
        messageId: message.id,
        type: message.type,
        headers: message.headers
      }, Buffer.from(message.body)))
      // The library tells of a return one turn of the event loop late, after the confirm that follows it.
      await setImmediate()
      if (!returned.delete(message.id)) return
      await inTime(connection.queueDeclare({ queue, durable: true }))
      throw new Error(`queue ${queue} was missing; it is there again`)
    },
    onConnect: (callback) => { connection.on('connection', callback) }
  })

  fastify.addHook('onClose', async () => {
    // A broker that is away must not hold the gateway up.
    await inTime(publisher.close().then(async () => await connection.close()), 2_000).catch(() => connection.unsafeDestroy())
  })
}, { name: 'broker' })

/** Rejects where the promise has not settled in time; what it does later is of no interest any more. */
async function inTime<T> (promise: Promise<T>, ms = CONFIRM_TIMEOUT): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`RabbitMQ did not answer within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
