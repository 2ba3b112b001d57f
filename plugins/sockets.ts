import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * How much of a body is still read after its answer, and for how long: what a client of 25 Mbit/s sends in that time.
 */
const MAX_READ_ON = 32 * 1024 * 1024
const MAX_READ_ON_MS = 10_000
const READ_ON_LOOK_MS = 50

/** While closing: how long a client may take to finish sending its request, and then to take its answer. */
const SENT_WITHIN_MS = 1000
const ANSWERED_WITHIN_MS = 3500
const CLOSING_LOOK_MS = 100

/** Sockets on which a body comes in that may take longer than others. */
const uploading = new WeakSet<Socket>()

/** Whether a request takes its time to be received, and may: its route has bounds of its own. */
export const isUploading = (socket: Socket): boolean => uploading.has(socket)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body may take longer to be received than the server's `requestTimeout` (options.ts). */
    isUpload?: boolean
  }
}

/**
 * What happens on the sockets themselves: with answers that are given before a body was read, and with clients that do
 * not finish when we close.
 */
export default fp(async (fastify) => {
  fastify.addHook('onRequest', ({ raw, routeOptions }, _reply, done) => {
    if (routeOptions.config.isUpload) uploading.add(raw.socket)
    done()
  })
  fastify.addHook('onResponse', ({ raw, routeOptions }, _reply, done) => {
    if (routeOptions.config.isUpload) uploading.delete(raw.socket)
    done()
  })
  answerEarly(fastify)
  cutWhenClosing(fastify)
}, { name: 'sockets', dependencies: ['errors'] })

/**
 * Responses that are sent before a body was read (413, 415, 401, 429 …) reach clients that write it all before they
 * read. Closing at once would reset the connection, and such a client would report a broken pipe instead of the
 * response: what it sends is read and dropped for a while (RFC 9112, section 9.6). A body that was only announced
 * (`Expect: 100-continue`) is asked for where it will be read.
 */
function answerEarly (fastify: FastifyInstance): void {
  const announced = new WeakSet<IncomingMessage>()
  fastify.server.on('checkContinue', (request, response) => {
    announced.add(request)
    fastify.server.emit('request', request, response)
  })

  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (announced.has(request.raw) && willBeRead(request)) {
      announced.delete(request.raw)
      reply.raw.writeContinue()
    }
    done(null, payload)
  })

  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.complete === false && hasBody(request)) {
      // Nobody knows whether the client will send its body now, so nothing can follow on this connection.
      if (announced.has(request.raw)) reply.header('connection', 'close')
      readOn(request.raw, request.raw.socket)
    }
    done(null, payload)
  })
}

/**
 * Keeps clients from holding up the end: `server.close()` waits for each connection, for over a minute where a request
 * never gets complete or an answer is never read. What is complete is answered; what is not is cut.
 */
function cutWhenClosing (fastify: FastifyInstance): void {
  const connections = new Map<Socket, { request: IncomingMessage, response: ServerResponse } | undefined>()
  fastify.server.on('connection', (socket) => {
    connections.set(socket, undefined)
    socket.once('close', () => connections.delete(socket))
  })
  fastify.server.on('request', (request, response) => connections.set(request.socket, { request, response }))

  let look: NodeJS.Timeout | undefined
  fastify.addHook('preClose', async () => {
    const since = performance.now()
    look = setInterval(() => {
      const elapsed = performance.now() - since
      if (elapsed < SENT_WITHIN_MS) return
      for (const [socket, exchange] of connections) {
        // A response that is finished: what follows on the connection is not complete.
        const isComplete = exchange?.request.complete && !exchange.response.writableFinished
        if (!isComplete || elapsed > ANSWERED_WITHIN_MS) socket.destroy()
      }
    }, CLOSING_LOOK_MS)
    look.unref()
  })
  // The server has closed by then.
  fastify.addHook('onClose', async () => clearInterval(look))
}

const hasBody = ({ headers }: FastifyRequest) => headers['transfer-encoding'] !== undefined ||
  Number(headers['content-length']) > 0

function willBeRead ({ headers, routeOptions, server, is404 }: FastifyRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return Number(headers['content-length'] ?? 0) <= routeOptions.bodyLimit &&
    (is404 || server.hasContentTypeParser(type.trim().toLowerCase()))
}

/** Reads what is left of a request, so that its connection does not end, or not at once, with unread bytes on it. */
function readOn (request: IncomingMessage, socket: Socket): void {
  const [since, read] = [performance.now(), socket.bytesRead]
  let isLast = false
  // Node calls this after the last response of a connection: the client gets the response and its end, and may finish
  // what it is saying.
  socket.destroySoon = () => {
    isLast = true
    socket.end()
  }
  const timer = setInterval(() => {
    const isOver = performance.now() - since > MAX_READ_ON_MS || socket.bytesRead - read > MAX_READ_ON
    if (!isOver && !request.complete && !socket.destroyed) return
    clearInterval(timer)
    delete (socket as Partial<Socket>).destroySoon
    if (isLast || isOver) socket.destroySoon()
  }, READ_ON_LOOK_MS).unref()
  request.resume()
}
