import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import type { Statement } from '../../database/statements.ts'
import { pick, pickSome } from '../../schemas.ts'
import { problem } from '../../common/problems.ts'
import type { Identity } from '../../plugins/identity.ts'
import { IdentityChanges, ManagedUserRow, NewUser, UserChanges, UserRow } from './schema.ts'
import { withPassword } from './with-password.ts'

interface Page { q?: string, limit: number, offset: number }

declare module 'fastify' {
  interface FastifyInstance { users: ReturnType<typeof usersDomain> }
}

/**
 * Users: who they are, and what a caller may read and change of them. For the back office a `key` is an internal id or
 * a UUID.
 */
function usersDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const create = statement('users/create-user', UserRow)
  const find = statement('users/find', UserRow)
  const list = statement('users/list', UserRow)
  const count = statement('users/count', Type.Object({ total: Type.Integer() }))
  const search = statement('users/search', Type.Object({ total: Type.Integer(), ...UserRow.properties }))
  const update = statement('users/update-user', UserRow)
  const findManaged = statement('users/find-managed', ManagedUserRow)
  const listManaged = statement('users/list-managed', ManagedUserRow)
  const searchManaged = statement('users/search-managed',
    Type.Object({ total: Type.Integer(), ...ManagedUserRow.properties }))
  const changeIdentity = statement('users/change-identity', ManagedUserRow)
  const readStatusChanges = statement('users/read-status-changes', Type.Object({ document: Type.String() }))
  const ensureCaller = statement('users/ensure-caller',
    Type.Object({ user_id: Type.String(), email_address: Type.String() }))
  const exportPerson = statement('users/export', Type.Object({ document: Type.String() }))

  /**
   * A page of all users, or of those whose name and email address contain every word of `q`, with the exact number of
   * all of them.
   */
  async function pageOf<Row extends { user_id: string }> (
    all: Statement<Row>, matching: Statement<Row & { total: number }>, { q, limit, offset }: Page
  ): Promise<{ users: Row[], total: number }> {
    const text = q?.trim()
    if (text) {
      const found = await fastify.database.searches.run(async () => await matching.all(text, limit, offset))
      // A page without users is one row of nothing but the number.
      return { users: found.filter((user) => user.user_id !== null), total: found[0]!.total }
    }
    const [users, counted] = await Promise.all([all.all(limit, offset), count.first()])
    return { users, total: counted!.total }
  }

  return {
    ...withPassword(fastify),

    /**
     * Creates a user. Rejects with EMAIL_ALREADY_EXISTS.
     *
     * @param origin who makes it: the backend, or people themselves, whose address nobody has looked at
     */
    async create (
      input: Static<typeof NewUser>, password: string, origin: 'service' | 'storefront'
    ): Promise<Static<typeof UserRow>> {
      const hash = await fastify.passwords.hash(password)
      return (await create.first(JSON.stringify(pick(NewUser, input)), hash, origin))!
    },

    /** One user. Rejects with USER_NOT_FOUND. */
    async find (userId: string): Promise<Static<typeof UserRow>> {
      return await find.first(userId) ?? missing()
    },

    /** A page of users, the longest-standing first. */
    list: async (page: Page) => await pageOf(list, search, page),

    /** One user as the back office sees one. Rejects with USER_NOT_FOUND. */
    async findManaged (key: string): Promise<Static<typeof ManagedUserRow>> {
      return await findManaged.first(key) ?? missing()
    },

    /** A page of users as the back office sees them, by internal id. */
    listManaged: async (page: Page) => await pageOf(listManaged, searchManaged, page),

    /**
     * Changes email address or name; the password stays. Rejects with USER_NOT_FOUND, PRECONDITION_FAILED,
     * EMAIL_ALREADY_EXISTS.
     */
    async changeIdentity (key: string, changes: Static<typeof IdentityChanges>, ifMatch: string[] | null) {
      return (await changeIdentity.first(key, JSON.stringify(pickSome(IdentityChanges, changes)), ifMatch))!
    },

    /**
     * Changes profile and reminder settings; only what was sent. Rejects with USER_NOT_FOUND, PRECONDITION_FAILED.
     */
    async update (userId: string, changes: Static<typeof UserChanges>, ifMatch: string[] | null = null) {
      return (await update.first(userId, JSON.stringify(pick(UserChanges, changes)), ifMatch))!
    },

    /**
     * The user_id here of a storefront caller, who gets a user row where there is none. Rejects with EMAIL_REQUIRED.
     */
    async ensure (caller: Identity): Promise<string> {
      if (caller.isLinked && caller.localId !== null) return caller.localId
      return (await ensureCaller.first(JSON.stringify(caller)))!.user_id
    },

    /**
     * The latest status change of each order since this was read last, as a JSON array. Rejects with USER_NOT_FOUND.
     */
    async readStatusChanges (userId: string): Promise<string> {
      return (await readStatusChanges.first(userId))!.document
    },

    /** Everything stored about the person, as JSON text. Rejects with USER_NOT_FOUND. */
    async export (userId: string): Promise<string> {
      const { document } = await exportPerson.first(userId) ?? missing()
      // The text of jsonb has spaces; JSON here is compact.
      return JSON.stringify(JSON.parse(document))
    }
  }
}

export default fp(async (fastify) => {
  fastify.decorate('users', usersDomain(fastify))
}, { name: 'users', dependencies: ['database', 'passwords'] })

function missing (): never {
  throw problem('USER_NOT_FOUND')
}
