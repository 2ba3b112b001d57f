import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { problem } from './errors.ts'

/** What probes ask: an overloaded gateway is alive, and taking it out would only load the others more. */
export const PROBES = new Set(['/livez', '/readyz', '/health'])

/** A connection costs memory before it has said anything. */
const MAX_CONNECTIONS = 10_000

/** 503 OVERLOADED for as long as the process itself cannot keep up; what waits for the database has bounds of its own (gate.ts). */
export default fp(async (fastify) => {
  fastify.server.maxConnections = MAX_CONNECTIONS
  const memory = process.constrainedMemory()
  await fastify.register(underPressure, {
    // Mean delay in ms: full load with 1,000 connections on 2 cores stays below 200, so this is no load but a stall.
    maxEventLoopDelay: 1000,
    maxHeapUsedBytes: 0.9 * getHeapStatistics().heap_size_limit,
    // A container's limit; without one the machine's memory is for the system to share out.
    maxRssBytes: memory > 0 && memory < totalmem() ? 0.9 * memory : 0,
    // How long a refusal can outlive its cause.
    sampleInterval: 500,
    pressureHandler: async (request, _reply, type, value) => {
      if (PROBES.has(request.routeOptions.url ?? '')) return
      const overloaded = problem('OVERLOADED')
      overloaded.cause = `${type} ${value}`
      throw overloaded
    }
  })
}, { name: 'under-pressure', dependencies: ['context', 'cors', 'helmet'] })
