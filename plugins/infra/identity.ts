import jwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { Type } from '@sinclair/typebox'
import { addressMatcher } from './config.ts'
import { problem } from './errors.ts'

/** A person whom a token, or a trusted service in front of this one, vouches for. */
export interface Identity {
  /** The id the caller came with: a user_id of ours, or an id of another user service. */
  userId: string
  /** Null: the service in front did not say. */
  email: string | null
  role: Role
  /** The user_id here; null as long as another service's user is unknown here. */
  localId: string | null
  /** The caller's id stands for that user; else only the email address does, until users.ensure_caller has linked the two. */
  isLinked: boolean
}

type Role = 'customer' | 'admin'

/** What a token or the headers say, before the database is asked. */
interface Claims { id: string, email: string | null, role: Role, isToken: boolean, isOurs: boolean }

declare module 'fastify' {
  interface FastifyInstance {
    /** Who calls, by token or by the headers of a trusted upstream; null: nobody said. Rejects with NOT_IDENTIFIED (a token that is not valid). */
    identify (request: FastifyRequest): Promise<Identity | null>
    /** As identify, but only a token counts. */
    identifyByToken (request: FastifyRequest): Promise<Identity | null>
    /** An onRequest hook: only identified callers. Sets request.identity and request.caller. Rejects with NOT_IDENTIFIED. */
    requireIdentity (request: FastifyRequest): Promise<void>
    /** An onRequest hook behind requireIdentity. Rejects with FORBIDDEN. */
    requireAdminRole (request: FastifyRequest): Promise<void>
    /** The user_id here of the person another service or ourselves know by this id; null: nobody. */
    findUserId (id: string): Promise<string | null>
    /** A token for one of our own users, to be sent as Authorization: Bearer. */
    issueToken (user: { user_id: string, email_address: string, role: string }): string
  }
  interface FastifyRequest {
    /** Who calls; null before requireIdentity. */
    identity: Identity | null
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Printable, without spaces; and without commas, since Node joins a header that came twice with one. */
const ID = /^[\x21-\x2b\x2d-\x7e]{1,255}$/
// eslint-disable-next-line no-control-regex -- what must not stand in an address
const EMAIL = /^(?=.{3,254}$)[^\s,@\x00-\x1f\x7f]+@[^\s,@\x00-\x1f\x7f]+$/

const KnownCaller = Type.Object({ user_id: Type.String(), role: Type.String(), email_address: Type.String(), is_own: Type.Boolean(), is_linked: Type.Boolean() })

/**
 * Identity of people. Who vouches for a caller decides what holds:
 * a token of ours (claim `local`) names a user who is still here; any token that names a user of ours has that user's role of
 * now, so that a demoted admin is one no more; for users of another service its own word counts, token or header, each time.
 */
export default fp(async (fastify) => {
  const { config } = fastify
  if (config.SECRET_KEY.length < 32) fastify.log.warn('SECRET_KEY is short: anybody may find it by trying; production wants 32 characters or more')
  await fastify.register(jwt, {
    secret: config.SECRET_KEY,
    sign: { algorithm: 'HS256', expiresIn: `${config.ACCESS_TOKEN_EXPIRE_MINUTES}m`, ...config.JWT_ISSUER && { iss: config.JWT_ISSUER } },
    verify: {
      algorithms: ['HS256'],
      ...config.JWT_ISSUER && { allowedIss: config.JWT_ISSUER, requiredClaims: ['iss'] }
    }
  })
  const isTrusted = addressMatcher(config.TRUSTED_UPSTREAMS)
  const find = fastify.database.statement('users/find-caller', KnownCaller)

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
    const { userId, email, role, local } = claims
    const id = Number.isSafeInteger(userId) ? String(userId) : userId
    return { ...checked(id, email, role), isToken: true, isOurs: local === true }
  }

  function fromHeaders (request: FastifyRequest): Claims | null {
    const { 'x-user-id': id, 'x-user-email': email, 'x-user-role': role } = request.headers
    // The socket's own address: forwarded ones are the client's word. A link-local one comes with its interface behind a %.
    const [peer = ''] = (request.raw.socket.remoteAddress ?? '').split('%')
    if (!id || !isTrusted(peer)) return null
    // Node reads header bytes as Latin-1.
    const address = typeof email === 'string' ? Buffer.from(email, 'latin1').toString('utf8') : null
    return { ...checked(id, address, role), isToken: false, isOurs: false }
  }

  const findKnown = async (id: string, email: string | null) => await find.first(UUID.test(id) ? id : null, id, email)

  async function settle (claims: Claims | null): Promise<Identity | null> {
    if (claims === null) return null
    const { id, isToken, isOurs } = claims
    const user = await findKnown(id, claims.email)
    if (!user?.is_own) {
      if (isOurs) throw problem('NOT_IDENTIFIED')
      return { userId: id, email: claims.email, role: claims.role, localId: user?.user_id ?? null, isLinked: user?.is_linked ?? false }
    }
    const role = isToken ? checkedRole(user.role) : claims.role
    return { userId: user.user_id, email: user.email_address, role, localId: user.user_id, isLinked: true }
  }

  fastify.decorateRequest('identity', null)
  fastify.decorate('identify', async (request) => await settle(fromToken(request) ?? fromHeaders(request)))
  fastify.decorate('identifyByToken', async (request) => await settle(fromToken(request)))
  fastify.decorate('requireIdentity', async (request) => {
    const identity = await fastify.identify(request)
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
  fastify.decorate('issueToken', (user) =>
    fastify.jwt.sign({ userId: user.user_id, email: user.email_address, role: user.role, local: true }))
}, { name: 'identity', dependencies: ['errors', 'context', 'database'] })

/** Rejects with NOT_IDENTIFIED what cannot be an id, an address or a role. */
function checked (id: unknown, email: unknown, role: unknown): { id: string, email: string | null, role: Role } {
  if (typeof id !== 'string' || !ID.test(id)) throw problem('NOT_IDENTIFIED')
  const address = email === undefined || email === null || email === '' ? null : email
  if (address !== null && (typeof address !== 'string' || !EMAIL.test(address))) throw problem('NOT_IDENTIFIED')
  return { id, email: address, role: role === undefined || role === null || role === '' ? 'customer' : checkedRole(role) }
}

function checkedRole (role: unknown): Role {
  if (role !== 'customer' && role !== 'admin') throw problem('NOT_IDENTIFIED')
  return role
}
