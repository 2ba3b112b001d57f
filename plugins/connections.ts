import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

/** While closing: how long a client may take to finish sending its request, and then to take its response. */
const SENT_WITHIN_MS = 1000
const ANSWERED_WITHIN_MS = 3500
const LOOK_EVERY_MS = 100

/**
 * Keeps clients from holding up the end: `server.close()` waits for each connection, for over a minute where a request never gets
 * complete or a response is never read. What is complete is answered; what is not is cut.
 */
export default fp(async (fastify) => {
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
    }, LOOK_EVERY_MS)
    look.unref()
  })
  // The server has closed by then.
  fastify.addHook('onClose', async () => clearInterval(look))
}, { name: 'connections' })
