import jwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { Type } from '@sinclair/typebox'
import { nullable } from '../schemas.ts'
import { isEmailAddress } from '../common/addresses.ts'
import { addressMatcher } from '../common/settings-checks.ts'
import { problem } from '../common/problems.ts'

/** A person whom a token, or a trusted service in front of this one, vouches for. */
export interface Identity {
  /** The id the caller came with: a user_id of ours, or an id of another user service. */
  userId: string
  /** Null: the service in front did not say. */
  email: string | null
  /** False: the token says that nobody has looked whether the address is the caller's. */
  isVerified: boolean
  role: Role
  /** The user_id here; null as long as another service's user is unknown here. */
  localId: string | null
  /**
   * The caller's id stands for that user; else only the email address does, until users.ensure_caller has linked the
   * two.
   */
  isLinked: boolean
}

type Role = 'customer' | 'admin'

/** What a token or the headers say, before the database is asked. */
interface Claims {
  id: string
  email: string | null
  isVerified: boolean
  role: Role
  /** What a token says of its own age; null: there is none. */
  token: { isOurs: boolean, madeAt: unknown, passwordSince: unknown } | null
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Who calls, by token; null: there is none. Rejects with NOT_IDENTIFIED (one that is not valid). */
    identifyByToken (request: FastifyRequest): Promise<Identity | null>
    /**
     * An onRequest hook: only callers identified by token, or by the headers of a trusted upstream. Sets
     * request.identity and request.caller. Rejects with NOT_IDENTIFIED.
     */
    requireIdentity (request: FastifyRequest): Promise<void>
    /** An onRequest hook behind requireIdentity. Rejects with FORBIDDEN. */
    requireAdminRole (request: FastifyRequest): Promise<void>
    /** The user_id here of the person another service or ourselves know by this id; null: nobody. */
    findUserId (id: string): Promise<string | null>
    /**
     * A token for one of our own users, to be sent as Authorization: Bearer.
     *
     * @param user.password_changed_us when the password was changed, in microseconds since 1970; null: never
     */
    issueToken (
      user: { user_id: string, email_address: string, role: string, password_changed_us?: number | null }
    ): string
  }
  interface FastifyRequest {
    /** Who calls; null before requireIdentity. */
    identity: Identity | null
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Printable, without spaces; and without commas, since Node joins a header that came twice with one. */
const ID = /^[\x21-\x2b\x2d-\x7e]{1,255}$/

const KnownCaller = Type.Object({
  user_id: Type.String(),
  role: Type.String(),
  email_address: Type.String(),
  is_own: Type.Boolean(),
  is_linked: Type.Boolean(),
  is_followed: Type.Boolean(),
  password_changed_us: nullable(Type.Integer())
})
const EnsuredCaller = Type.Object({ user_id: Type.String(), email_address: Type.String() })

/**
 * Identity of people. Who vouches for a caller decides what holds: a token of ours (claim `local`) names a user who is
 * still here; any token that names a user of ours has that user's role of now, so that a demoted admin is one no more,
 * and is void once that user's password has been changed; for users of another service its own word counts, token or
 * header, each time, the email address included.
 */
export default fp(async (fastify) => {
  const { config } = fastify
  if (config.SECRET_KEY.length < 32) {
    fastify.log.warn('SECRET_KEY is short: anybody may find it by trying; production wants 32 characters or more')
  }
  await fastify.register(jwt, {
    secret: config.SECRET_KEY,
    sign: {
      algorithm: 'HS256',
      expiresIn: `${config.ACCESS_TOKEN_EXPIRE_MINUTES}m`,
      ...config.JWT_ISSUER && { iss: config.JWT_ISSUER }
    },
    verify: {
      algorithms: ['HS256'],
      ...config.JWT_ISSUER && { allowedIss: config.JWT_ISSUER, requiredClaims: ['iss'] }
    }
  })
  const isTrusted = addressMatcher(config.TRUSTED_UPSTREAMS)
  const find = fastify.database.statement('users/find-caller', KnownCaller)
  const ensure = fastify.database.statement('users/ensure-caller', EnsuredCaller)

  function fromToken (request: FastifyRequest): Claims | null {
    const { authorization } = request.headers
    if (authorization === undefined) return null
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
    if (token === undefined) throw problem('NOT_IDENTIFIED')
    let claims: Record<string, unknown>
    try {
      claims = fastify.jwt.verify(token)
    } catch {
      throw problem('NOT_IDENTIFIED')
    }
    const { userId, email, email_verified: verified, role, local, iat, passwordSince } = claims
    const id = Number.isSafeInteger(userId) ? String(userId) : userId
    // As a boolean or, from some services, as text.
    const isVerified = String(verified) !== 'false'
    return { ...checked(id, email, role), isVerified, token: { isOurs: local === true, madeAt: iat, passwordSince } }
  }

  function fromHeaders (request: FastifyRequest): Claims | null {
    const { 'x-user-id': id, 'x-user-email': email, 'x-user-role': role } = request.headers
    // The socket's own address: forwarded ones are the client's word. A link-local one comes with its interface behind
    // a %.
    const [peer = ''] = (request.raw.socket.remoteAddress ?? '').split('%')
    if (!id || !isTrusted(peer)) return null
    // Node reads header bytes as Latin-1.
    const address = typeof email === 'string' ? Buffer.from(email, 'latin1').toString('utf8') : null
    return { ...checked(id, address, role), isVerified: true, token: null }
  }

  const findKnown = async (id: string, email: string | null) => await find.first(UUID.test(id) ? id : null, id, email)

  async function identityOf (claims: Claims | null): Promise<Identity | null> {
    if (claims === null) return null
    const { id, email, isVerified, token } = claims
    const user = await findKnown(id, isVerified ? email : null)
    if (user?.is_linked && user.is_followed && email !== null && email !== user.email_address) {
      const caller = { userId: id, email, isVerified, localId: user.user_id, isLinked: true }
      user.email_address = (await ensure.first(JSON.stringify(caller)))!.email_address
    }
    if (!user?.is_own) {
      if (token?.isOurs) throw problem('NOT_IDENTIFIED')
      return {
        userId: id,
        email,
        isVerified,
        role: claims.role,
        localId: user?.user_id ?? null,
        isLinked: user?.is_linked ?? false
      }
    }
    if (token && !isOfThisPassword(token, user.password_changed_us)) throw problem('NOT_IDENTIFIED')
    const role = token ? checkedRole(user.role) : claims.role
    return { userId: user.user_id, email: user.email_address, isVerified, role, localId: user.user_id, isLinked: true }
  }

  fastify.decorateRequest('identity', null)
  fastify.decorate('identifyByToken', async (request) => await identityOf(fromToken(request)))
  fastify.decorate('requireIdentity', async (request) => {
    const identity = await identityOf(fromToken(request) ?? fromHeaders(request))
    if (!identity) throw problem('NOT_IDENTIFIED')
    request.identity = identity
    // By the id the caller came with: it is the same before and after the first order makes the caller known.
    request.caller = identity.userId === identity.localId ? `user:${identity.userId}` : `upstream:${identity.userId}`
    // A customer acts as nobody else: the status history of an order must not be forged.
    if (identity.role !== 'admin' || !request.headers['x-actor']) request.actor = request.caller
  })
  fastify.decorate('requireAdminRole', async (request) => {
    if (request.identity?.role !== 'admin') throw problem('FORBIDDEN')
  })
  fastify.decorate('findUserId', async (id) => (await findKnown(id, null))?.user_id ?? null)
  fastify.decorate('issueToken', ({ user_id: userId, email_address: email, role, password_changed_us: changed }) =>
    fastify.jwt.sign({ userId, email, role, local: true, ...changed !== undefined && { passwordSince: changed ?? 0 } }))
}, { name: 'identity', dependencies: ['errors', 'context', 'database'] })

/**
 * Whether a token was made since its user's password was changed. One of ours names that change itself: clocks differ,
 * and a second is long. Of another's only the second it was made in is known; within that of the change it holds.
 */
function isOfThisPassword ({ madeAt, passwordSince }: NonNullable<Claims['token']>, changedUs: number | null): boolean {
  if (passwordSince !== undefined) return passwordSince === (changedUs ?? 0)
  return changedUs === null || (typeof madeAt === 'number' && madeAt >= Math.floor(changedUs / 1_000_000))
}

/** Rejects with NOT_IDENTIFIED what cannot be an id, an address or a role. */
function checked (id: unknown, email: unknown, role: unknown): { id: string, email: string | null, role: Role } {
  if (typeof id !== 'string' || !ID.test(id)) throw problem('NOT_IDENTIFIED')
  const address = email === undefined || email === null || email === '' ? null : email
  if (address !== null && (typeof address !== 'string' || !isEmailAddress(address))) throw problem('NOT_IDENTIFIED')
  return {
    id, email: address, role: role === undefined || role === null || role === '' ? 'customer' : checkedRole(role)
  }
}

function checkedRole (role: unknown): Role {
  if (role !== 'customer' && role !== 'admin') throw problem('NOT_IDENTIFIED')
  return role
}
