import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { Connection } from 'rabbitmq-client'
import type { Test } from 'tap'

/** A real RabbitMQ; RABBITMQ_TEST_URL names another than the one on this machine. */
const BROKER = new URL(process.env.RABBITMQ_TEST_URL ?? 'amqp://guest:guest@127.0.0.1:5672')

/** Why tests of the broker are skipped, or false where one answers. */
export async function brokerAbsent (): Promise<string | false> {
  const socket = connect(Number(BROKER.port || 5672), BROKER.hostname)
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return `no RabbitMQ at ${BROKER.host}: start one, or set RABBITMQ_TEST_URL`
  } finally {
    socket.destroy()
  }
}

export interface Received { id: string, body: any, durable: boolean, headers: Record<string, string> }

/** A way to the real broker that can be cut and made to swallow everything, and what came out at the other end. */
export interface TestBroker {
  /** For RABBITMQ_URL and RABBITMQ_QUEUE. */
  settings: { RABBITMQ_URL: string, RABBITMQ_QUEUE: string }
  received: Received[]
  /** Resolves once so many messages have arrived. How long that may take, the test's own time limit says. */
  arrived (count: number): Promise<void>
  /** Ends every connection and takes no new one, until `mend`. */
  cut (): Promise<void>
  /** Connections stay, but the gateway hears nothing any more, until `mend`. */
  stall (): void
  mend (): Promise<void>
  deleteQueue (): Promise<void>
  /** Takes what is in the queue, from now on. */
  consume (): Promise<void>
}

export interface BrokerOptions {
  /** Whether messages are taken from the queue at once; a consumer makes a deleted queue anew, too. */
  consumes?: boolean
  /** How the queue is declared, before any gateway comes. */
  queueOptions?: { durable?: boolean, arguments?: Record<string, unknown> }
}

export async function openBroker (
  t: Pick<Test, 'teardown'>, { consumes = true, queueOptions = { durable: true } }: BrokerOptions = {}
): Promise<TestBroker> {
  const queue = `test_${randomBytes(6).toString('hex')}`
  const direct = new Connection(BROKER.href)
  direct.on('error', () => {})
  await direct.queueDeclare({ queue, ...queueOptions })

  const sockets = new Set<Socket>()
  let isStalled = false
  let server: Server
  let port = 0
  const open = async () => {
    server = createServer((near) => {
      const far = connect(Number(BROKER.port || 5672), BROKER.hostname)
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => { sockets.delete(socket); near.destroy(); far.destroy() })
      }
      near.pipe(far)
      far.on('data', (chunk) => { if (!isStalled) near.write(chunk) })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as { port: number }).port
  }
  await open()

  const received: Received[] = []
  const consumers: { close (): Promise<void> }[] = []
  const broker: TestBroker = {
    settings: {
      RABBITMQ_URL: `amqp://${BROKER.username || 'guest'}:${BROKER.password || 'guest'}@127.0.0.1:${port}`,
      RABBITMQ_QUEUE: queue
    },
    received,
    arrived: async (count) => {
      while (received.length < count) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    cut: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    stall: () => { isStalled = true },
    mend: async () => {
      isStalled = false
      if (!server.listening) await open()
    },
    deleteQueue: async () => { await direct.queueDelete(queue) },
    consume: async () => {
      const consumer = direct.createConsumer({ queue, queueOptions }, async (message) => {
        received.push({
          id: message.messageId ?? '',
          body: message.body,
          durable: message.durable ?? false,
          headers: message.headers ?? {}
        })
      })
      consumer.on('error', () => {})
      await once(consumer, 'ready')
      consumers.push(consumer)
    }
  }
  if (consumes) await broker.consume()
  t.teardown(async () => {
    await Promise.all(consumers.map(async (consumer) => await consumer.close()))
    await direct.queueDelete(queue)
    await direct.close()
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return broker
}
