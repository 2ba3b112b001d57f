import { EventEmitter } from 'node:events'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { Moment, nullable } from '../../schemas.ts'
import { reasonOf } from '../../common/text.ts'

/** An event that waits in the outbox, as a relay takes hold of it. */
export const WaitingEvent = Type.Object({
  id: Type.Integer(),
  message_id: Type.String(),
  order_id: Type.Integer(),
  event_type: Type.String(),
  payload: Type.String({ description: 'JSON' }),
  occurred_at: Moment,
  traceparent: nullable(Type.String({ description: 'the trace of the request that caused it' }))
})

const Claimed = Type.Object({ events: Type.Array(WaitingEvent), walked_to: nullable(Type.Integer()) })
const Id = Type.Object({ id: Type.Integer() })

/** Orders looked at by one statement, about 50 ms: others may hold the events of very many. */
const LOOK_AT = 5000

declare module 'fastify' {
  interface FastifyInstance { events: ReturnType<typeof eventsDomain> }
}

/** The transactional outbox. The database itself writes it (sql/events/triggers.sql); a relay empties it. */
function eventsDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const register = statement('events/register-publisher', Type.Object({ queue: Type.String() }))
  const claim = statement('events/claim-events', Claimed)
  const markPublished = statement('events/mark-published', Id)
  const release = statement('events/release', Id)
  const note = statement('events/note-fault', Id)
  const clear = statement('events/clear-published', Id)
  const asText = (ids: number[]) => ids.map(String)

  const announced = new EventEmitter()
  /**
   * The order this gateway's walk through what waits has come to: one that starts over would look at the same ones
   * again and again.
   */
  let walkedTo: number | null = null

  return {
    /** This gateway has just changed orders: a relay in the same process need not wait until it looks again. */
    announce: () => { announced.emit('announced') },
    onAnnounced: (callback: () => void) => { announced.on('announced', callback) },

    /** Events are recorded from now on, for as long as this is said again at least once a week. */
    register: async (queue: string) => { await register.first(queue) },

    /** Takes hold of up to `limit` events for `holdSeconds`; of each order only the oldest that waits. */
    async claim (limit: number, holdSeconds: number): Promise<Static<typeof WaitingEvent>[]> {
      for (;;) {
        const { events, walked_to: next } = (await claim.first(limit, LOOK_AT, holdSeconds, walkedTo ?? -1))!
        walkedTo = next
        if (events.length > 0 || next === null) return events
      }
    },

    /** The broker has confirmed these. */
    markPublished: async (ids: number[]) => { await markPublished.all(asText(ids)) },

    /** These could not be published; they go on waiting. */
    release: async (ids: number[], reason: string) => { await release.all(asText(ids), reasonOf(reason)) },

    /** Keeps with the oldest event that waits why none goes out. */
    noteFault: async (reason: string) => { await note.all(reason) },

    /** Clears up to `limit` events published EVENT_RETENTION_DAYS ago; says how many. */
    clearPublished: async (limit: number) => (await clear.all(limit, fastify.config.EVENT_RETENTION_DAYS)).length
  }
}

export default fp(async (fastify) => {
  fastify.decorate('events', eventsDomain(fastify))
}, { name: 'events', dependencies: ['database'] })
