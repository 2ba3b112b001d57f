import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { kept, Moment, object, pickSome, ref, Text, UserId } from '../../schemas.ts'
import { problem } from '../../plugins/errors.ts'
import { Email } from './schema.ts'

/** A user as the back office sees one: with the internal id. */
export const ManagedUser = object('ManagedUser', {
  id: Type.Integer({ description: 'the internal id' }),
  user_id: UserId,
  email: Type.String(),
  full_name: Type.String(),
  created_at: Moment
}, {
  examples: [{
    id: 1,
    user_id: UserId.examples[0],
    email: 'demo@example.com',
    full_name: 'Demo Shopper',
    created_at: '2026-11-21T09:30:00.123456+00:00'
  }]
})
export const ManagedUserPage = object('ManagedUserPage', {
  items: Type.Array(ref(ManagedUser)),
  total: Type.Integer({ description: 'exact number of all users that match' }),
  limit: Type.Integer(),
  offset: Type.Integer()
}, { examples: [{ items: ManagedUser.examples, total: 20, limit: 1, offset: 0 }] })
const ManagedUserRow = Type.Object({ version: Type.Integer(), ...ManagedUser.properties })

export const IdentityChanges = object('ManagedUserChanges', {
  email: kept(Email),
  full_name: kept(Text(255, {
    minLength: 1, pattern: '\\S', examples: ['Ada King Lovelace'], description: 'the last word is the last name, what stands before it the first; a single word is a first name'
  }))
}, { minProperties: 1, examples: [{ email: 'ada@example.com', full_name: 'Ada Lovelace' }] })

/** Who users are, for the back office. A `key` is an internal id or a UUID. */
export function userIdentities (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const find = statement('users/find-managed', ManagedUserRow)
  const list = statement('users/list-managed', ManagedUserRow)
  const search = statement('users/search-managed', Type.Object({ total: Type.Integer(), ...ManagedUserRow.properties }))
  const count = statement('users/count', Type.Object({ total: Type.Integer() }))
  const change = statement('users/change-identity', ManagedUserRow)

  return {
    /** One user. Rejects with USER_NOT_FOUND. */
    async findManaged (key: string): Promise<Static<typeof ManagedUserRow>> {
      const user = await find.first(key)
      if (!user) throw problem('USER_NOT_FOUND')
      return user
    },

    /** A page of users by internal id, with the exact number of all; every word of `q` is looked for in name and email address. */
    async listManaged ({ q, limit, offset }: { q?: string, limit: number, offset: number }) {
      const text = q?.trim()
      if (text) {
        const found = await fastify.database.searches.run(async () => await search.all(text, limit, offset))
        return { items: found.filter((user) => user.id !== null), total: found[0]!.total }
      }
      const [items, counted] = await Promise.all([list.all(limit, offset), count.first()])
      return { items, total: counted!.total }
    },

    /** Changes email address or name; the password stays. Rejects with USER_NOT_FOUND, PRECONDITION_FAILED, EMAIL_ALREADY_EXISTS. */
    async changeIdentity (key: string, changes: Static<typeof IdentityChanges>, ifMatch: string[] | null) {
      return (await change.first(key, JSON.stringify(pickSome(IdentityChanges, changes)), ifMatch))!
    }
  }
}
