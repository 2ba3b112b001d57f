import fp from 'fastify-plugin'
import type { FastifyReply } from 'fastify'
import { everyTick } from '../database/ticks.ts'
import { problem } from '../common/problems.ts'

/** Above the statement timeout (database/client.ts), so that the database gives up first. */
const LIMIT_MS = 15_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The response is written for as long as the caller reads it (routes/faces/exports.ts). */
    isExport?: boolean
    /** So long a caller may have asked the route to wait; that is no fault. */
    waitSeconds?: number
  }
}

/**
 * 503 TIMEOUT for whatever takes too long. Fastify's own `handlerTimeout` makes a timer, an AbortController and a
 * listener for each request, which is a tenth of a request without a statement; here one timer looks at the oldest.
 */
export default fp<{ limitMs?: number }>(async (fastify, { limitMs = LIMIT_MS }) => {
  // In the order in which they came.
  const unanswered = new Set<FastifyReply>()
  fastify.addHook('onRequest', ({ routeOptions }, reply, done) => {
    if (!routeOptions.config.isExport) unanswered.add(reply)
    done()
  })
  fastify.addHook('onResponse', (_request, reply, done) => {
    unanswered.delete(reply)
    done()
  })
  fastify.addHook('onClose', async () => stop())
  const stop = everyTick(() => {
    for (const reply of unanswered) {
      if (reply.elapsedTime < limitMs) return
      const { waitSeconds = 0 } = reply.routeOptions.config
      if (reply.elapsedTime < limitMs + waitSeconds * 1000) continue
      unanswered.delete(reply)
      giveUp(reply)
    }
  })
}, { name: 'deadlines', dependencies: ['errors'] })

function giveUp (reply: FastifyReply): void {
  // All of it is handed over: how long the client takes to read it is its own business (sockets.ts, while closing).
  if (reply.sent) return
  if (reply.raw.headersSent) reply.raw.destroy()
  else reply.send(problem('TIMEOUT'))
}
