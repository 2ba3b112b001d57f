import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { problem } from '../common/problems.ts'

/** What probes ask: an overloaded gateway is alive, and taking it out would only load the others more. */
export const PROBES = new Set(['/livez', '/readyz', '/health'])

/** A connection costs memory before it has said anything. */
const MAX_CONNECTIONS = 10_000

/** How often the process is measured, in ms: how long a refusal can outlive its cause. */
const INTERVAL = 1000

/**
 * 503 OVERLOADED for as long as the process itself cannot keep up; what waits for the database has bounds of its own
 * (gate.ts).
 */
export default fp(async (fastify) => {
  fastify.server.maxConnections = MAX_CONNECTIONS
  const memory = process.constrainedMemory()
  let measures: FastifyInstance
  // In a scope without routes: it measures there, and adds no hook to the routes of others.
  await fastify.register(async (scope) => {
    measures = scope
    await scope.register(underPressure, {
      // Mean delay in ms. Pages of 100 products for 1,000 connections on 2 busy cores made it 40. One stall of several
      // seconds does exceed it.
      maxEventLoopDelay: 1000,
      maxHeapUsedBytes: 0.9 * getHeapStatistics().heap_size_limit,
      // A container's limit; without one the machine's memory is for the system to share out.
      maxRssBytes: memory > 0 && memory < totalmem() ? 0.9 * memory : 0,
      sampleInterval: INTERVAL
    })
  })

  // Starting takes a second in one piece, and then all is well: one bad measurement is no overload.
  let badInARow = 0
  const watch = setInterval(() => { badInARow = measures.isUnderPressure() ? badInARow + 1 : 0 }, INTERVAL).unref()
  fastify.addHook('onClose', async () => clearInterval(watch))
  fastify.decorate('isUnderPressure', () => badInARow > 1 && measures.isUnderPressure())

  fastify.addHook('onRequest', (request, _reply, done) => {
    if (badInARow < 2 || !fastify.isUnderPressure() || PROBES.has(request.routeOptions.url ?? '')) return done()
    done(Object.assign(problem('OVERLOADED'), { cause: JSON.stringify(measures.memoryUsage()) }))
  })
}, { name: 'under-pressure', dependencies: ['context', 'cors', 'browser'] })
