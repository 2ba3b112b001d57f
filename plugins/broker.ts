import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { Channel, Connection } from 'rabbitmq-client'

/** A broker that is frozen says nothing: after this a publish counts as failed, and the connection as dead. */
const CONFIRM_TIMEOUT = 10_000
const CONNECT_TIMEOUT = 5_000
const RETRY_LOW = 200
const RETRY_HIGH = 5_000

export interface Message { id: string, type: string, body: string, headers: Record<string, string> }

/** What keeps events from going out, in the broker's own words where it has said any. */
export interface BrokerFault { reason: string, since: string }

declare module 'fastify' {
  interface FastifyInstance {
    /** RabbitMQ, where RABBITMQ_URL names one. */
    broker: null | {
      /** Resolves once the broker has the message on disk; rejects where it could not be confirmed in time. */
      publish (message: Message): Promise<void>
      /** Whether there is a connection, a queue, and no alarm: only then it makes sense to publish. */
      isReady (): boolean
      /** Null while all is well, as far as this gateway knows. */
      fault (): BrokerFault | null
      /** Calls back whenever the broker is ready (again). */
      onReady (callback: () => void): void
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

  // Loaded where it is used only, as in plugins/mailer.ts: every start would pay for it.
  const rabbitmq = await import('rabbitmq-client')
  let connection: Connection
  let channel: Channel | undefined
  let isBlocked = false
  let pause = RETRY_LOW
  let fault: BrokerFault | null = null
  // Whether it was messages that were refused, not the connection: that is over only when one is taken.
  let isAboutMessages = false
  const stop = new AbortController()
  const ready: (() => void)[] = []
  // A message that no queue takes is confirmed all the same, after it was returned (RabbitMQ: "mandatory" and
  // confirms).
  const returned = new Set<string>()

  /** Keeps the latest reason, and since when there has been one; says each once. */
  function note (reason: string): void {
    if (fault?.reason === reason || stop.signal.aborted) return
    fault = { reason, since: fault?.since ?? new Date().toISOString().replace('Z', '+00:00') }
    fastify.log.warn({ reason }, 'RabbitMQ takes no events; they wait')
  }

  function forget (): void {
    if (!isAboutMessages) fault = null
  }

  function announceReady (): void {
    for (const callback of ready) callback()
  }

  /**
   * A queue that is there already is used as it is, whatever its arguments, and also where this login may not declare
   * one.
   */
  async function declare (): Promise<void> {
    try {
      await connection.queueDeclare({ queue, durable: true })
    } catch (error) {
      // Where it is not there at all, the first refusal is the one that says why.
      await connection.queueDeclare({ queue, passive: true }).catch(() => { throw error })
      fastify.log.info({ reason: wordsOf(error as NodeJS.ErrnoException) }, `queue ${queue} is used as it is`)
    }
  }

  /**
   * One connection, from the first attempt to its end. Rejects with the reason. The library itself reconnects too, but
   * tells of its first failure only, which hides what comes after: refused, then a wrong password.
   */
  async function connect (): Promise<void> {
    connection = new rabbitmq.Connection({
      url, acquireTimeout: CONNECT_TIMEOUT, connectionTimeout: CONNECT_TIMEOUT, connectionName: 'db-service'
    })
    const lost = new Promise<never>((_resolve, reject) => connection.on('error', reject))
    // Where it is lost while nobody waits for it.
    lost.catch(() => {})
    try {
      connection.on('connection.blocked', (reason) => {
        isBlocked = true
        note(`connection.blocked: ${reason}`)
      })
      connection.on('connection.unblocked', () => {
        isBlocked = false
        forget()
        announceReady()
      })
      await Promise.race([connection.onConnect(0), lost])
      const opened = await Promise.race([inTime(open()), lost])
      // A message that is refused can close the channel; publish knows the reason.
      const closed = new Promise<void>((resolve) => opened.on('close', resolve))
      channel = opened
      pause = RETRY_LOW
      forget()
      fastify.log.info('connected to RabbitMQ')
      announceReady()
      await Promise.race([closed, lost])
    } finally {
      channel = undefined
      isBlocked = false
      // At the end it is closed in good order.
      if (!stop.signal.aborted) connection.unsafeDestroy()
    }
  }

  async function open (): Promise<Channel> {
    await declare()
    const opened = await connection.acquire()
    opened.on('basic.return', (message) => returned.add(message.messageId ?? ''))
    await opened.confirmSelect()
    return opened
  }

  async function keepConnected (): Promise<void> {
    while (!stop.signal.aborted) {
      await connect().catch((error) => { if (!isAboutMessages) note(wordsOf(error)) })
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => {})
      pause = Math.min(pause * 2, RETRY_HIGH)
    }
  }

  async function publish (message: Message): Promise<void> {
    if (!channel || isBlocked) throw new Error(fault?.reason ?? 'RabbitMQ is not connected')
    const mine = channel
    try {
      await inTime(mine.basicPublish({
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
      if (returned.delete(message.id)) {
        await inTime(declare())
        throw new Error(`queue ${queue} was missing; it is there again`)
      }
    } catch (error) {
      throw refusal(error as Error & { code?: string }, mine)
    }
    isAboutMessages = false
    fault = null
  }

  /** The reason for a message that was not taken, also where the broker gives none in words. */
  function refusal (error: Error & { code?: string }, mine: Channel): Error {
    // What was under way on the channel goes down with it; the reason is that of the message that closed it.
    if (error.code === 'CH_CLOSE' || (error instanceof Late && isBlocked)) {
      return new Error(fault?.reason ?? error.message, { cause: error })
    }
    // A connection without a word for so long is dead, whatever TCP says.
    if (error instanceof Late && channel === mine) connection.unsafeDestroy()
    const reason = error.code === 'NACK'
      ? `basic.nack: the broker rejected the message, as queue ${queue} does when it is full (x-overflow: ` +
        'reject-publish)'
      : wordsOf(error)
    isAboutMessages ||= error.code === 'NACK' ||
      (error instanceof rabbitmq.AMQPChannelError && !(error instanceof rabbitmq.AMQPConnectionError))
    note(reason)
    return new Error(reason, { cause: error })
  }

  fastify.decorate('broker', {
    publish,
    isReady: () => channel !== undefined && !isBlocked,
    fault: () => fault,
    onReady: (callback) => { ready.push(callback) }
  })

  fastify.metrics.gauge('db_service_broker_up', 'Whether RabbitMQ takes events',
    () => Number(fastify.broker!.isReady()))

  keepConnected()
  fastify.addHook('onClose', async () => {
    stop.abort()
    // A broker that is away must not hold the gateway up.
    await inTime(Promise.resolve(channel?.close()).then(async () => await connection.close()), 2_000)
      .catch(() => connection.unsafeDestroy())
  })
}, { name: 'broker', dependencies: ['metrics'] })

/** The broker's own words; the library puts the method in front, also where there was none. */
const wordsOf = ({ message, code }: NodeJS.ErrnoException) => message.replace(/^undefined: /, '') || code ||
  'no reason given'

class Late extends Error {}

/** Rejects where the promise has not settled in time; what it does later is of no interest any more. */
async function inTime<T> (promise: Promise<T>, ms = CONFIRM_TIMEOUT): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Late(`RabbitMQ did not answer within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
