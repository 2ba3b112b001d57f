import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { problem, type ErrorCode } from '../../common/problems.ts'
import { canonical } from '../../plugins/passwords.ts'
import { Credentials, LoginRow } from './schema.ts'

/**
 * What needs the user's password. The password is checked here, outside the database; each statement then names the
 * hash that was checked, so that a password changed in between makes it do nothing.
 */
export function withPassword (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const findCredentials = statement('users/find-credentials', Credentials)
  const findPassword = statement('users/find-password', Credentials)
  const logIn = statement('users/log-in', LoginRow)
  const updatePassword = statement('users/update-password', Type.Object({ user_id: Type.String() }))
  const updateEmail = statement('users/update-email',
    Type.Object({ user_id: Type.String(), email_address: Type.String() }))
  const remove = statement('users/delete', Type.Object({ user_id: Type.String() }))

  /** The user's hash, once the password has proved right. */
  async function checkedHash (userId: string, password: string, refusal: ErrorCode): Promise<string> {
    const user = await findPassword.first(userId)
    if (!user) throw problem('USER_NOT_FOUND')
    if (!await fastify.passwords.verify(user.hashed_password, password)) throw problem(refusal)
    return user.hashed_password!
  }

  return {
    /** Logs a user in. Rejects with INVALID_CREDENTIALS, in the same time whether or not the user exists. */
    async logIn (email: string, password: string): Promise<Static<typeof LoginRow>> {
      const user = await findCredentials.first(email)
      if (!await fastify.passwords.verify(user?.hashed_password, password)) throw problem('INVALID_CREDENTIALS')
      const newHash = await fastify.passwords.rehash(user!.hashed_password!, password)
      const loggedIn = await logIn.first(user!.user_id, user!.hashed_password, newHash)
      if (!loggedIn) throw problem('INVALID_CREDENTIALS')
      return loggedIn
    },

    /** Rejects with USER_NOT_FOUND, CURRENT_PASSWORD_INCORRECT. */
    async changePassword (userId: string, currentPassword: string, newPassword: string): Promise<void> {
      const oldHash = await checkedHash(userId, currentPassword, 'CURRENT_PASSWORD_INCORRECT')
      if (canonical(newPassword) === canonical(currentPassword)) return
      const newHash = await fastify.passwords.hash(newPassword)
      if (!await updatePassword.first(userId, oldHash, newHash)) throw problem('CURRENT_PASSWORD_INCORRECT')
    },

    /**
     * Returns the address as stored. Rejects with USER_NOT_FOUND, CURRENT_PASSWORD_INCORRECT, EMAIL_ALREADY_EXISTS.
     */
    async changeEmail (userId: string, currentPassword: string, newEmail: string) {
      const hash = await checkedHash(userId, currentPassword, 'CURRENT_PASSWORD_INCORRECT')
      const changed = await updateEmail.first(userId, hash, newEmail)
      if (!changed) throw problem('CURRENT_PASSWORD_INCORRECT')
      return changed
    },

    /**
     * Deletes the user and erases the person from the orders. Rejects with USER_NOT_FOUND, PASSWORD_INCORRECT,
     * PRECONDITION_FAILED.
     */
    async remove (userId: string, password: string, ifMatch: string[] | null): Promise<void> {
      const hash = await checkedHash(userId, password, 'PASSWORD_INCORRECT')
      if (!await remove.first(userId, hash, ifMatch)) throw problem('PASSWORD_INCORRECT')
    }
  }
}
