import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'

/** How much of a body is still read after its response, and for how long: what a client of 25 Mbit/s sends in that time. */
const MAX_BYTES = 32 * 1024 * 1024
const MAX_MS = 10_000
const LOOK_EVERY_MS = 50

/**
 * Responses that are sent before a body was read (413, 415, 401, 429 …) reach clients that write it all before they read. Closing at once
 * would reset the connection, and such a client would report a broken pipe instead of the response: what it sends is read and dropped for
 * a while (RFC 9112, section 9.6). A body that was only announced (`Expect: 100-continue`) is asked for where it will be read.
 */
export default fp(async (fastify) => {
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
}, { name: 'early-answers', dependencies: ['errors'] })

const hasBody = ({ headers }: FastifyRequest) => headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0

function willBeRead ({ headers, routeOptions, server, is404 }: FastifyRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return Number(headers['content-length'] ?? 0) <= routeOptions.bodyLimit && (is404 || server.hasContentTypeParser(type.trim().toLowerCase()))
}

/** Reads what is left of a request, so that its connection does not end, or not at once, with unread bytes on it. */
function readOn (request: IncomingMessage, socket: Socket): void {
  const [since, read] = [performance.now(), socket.bytesRead]
  let isLast = false
  // Node calls this after the last response of a connection: the client gets the response and its end, and may finish what it is saying.
  socket.destroySoon = () => {
    isLast = true
    socket.end()
  }
  const timer = setInterval(() => {
    const isOver = performance.now() - since > MAX_MS || socket.bytesRead - read > MAX_BYTES
    if (!isOver && !request.complete && !socket.destroyed) return
    clearInterval(timer)
    delete (socket as Partial<Socket>).destroySoon
    if (isLast || isOver) socket.destroySoon()
  }, LOOK_EVERY_MS).unref()
  request.resume()
}
