import { isIP, type Socket } from 'node:net'
import rateLimit, { normalizeIP, type RateLimitOptions } from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addressKey } from '../common/addresses.ts'
import { addressMatcher } from '../common/settings-checks.ts'
import { Problem, problem } from '../common/problems.ts'
import { PROBES } from './pressure.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Has an API key, or is a trusted upstream itself, or no key is set (development): speaks for many, so limited
     * less.
     */
    isKnown: boolean
    /** Whose password is being tried (throttleGuesses). */
    guessed: string
  }
  interface FastifyInstance {
    /**
     * Runs an attempt at somebody's password unless LOGIN_RATE_LIMIT of them have failed within a minute, from this
     * address for this subject, or ten times as many for whatever subjects. What succeeds is not counted, and nobody
     * else's address is held responsible.
     *
     * @param subject whose password it is: an email address in any case, or a user_id
     * @returns what the attempt returns; rejects as it does, or with TOO_MANY_REQUESTS
     */
    throttleGuesses<T> (
      request: FastifyRequest, reply: FastifyReply, subject: string, attempt: () => Promise<T>
    ): Promise<T>
  }
}

/** For each limit: its window, and how many counters are kept, the least recently used forgotten first. */
const COUNTING = { timeWindow: 60_000, cache: 20_000 }

/** For one subject LOGIN_RATE_LIMIT failures, for all of an address together this many times as many. */
const SUBJECTS = 10

/** The refusals that say a password was wrong. */
const WRONG_PASSWORD = new Set(['INVALID_CREDENTIALS', 'CURRENT_PASSWORD_INCORRECT', 'PASSWORD_INCORRECT'])

/**
 * So many requests a minute for one caller from one address; `known` for who speaks for many (FastifyRequest.isKnown).
 */
const perMinute = ({ known, others }: { known: number, others: number }): RateLimitOptions => ({
  ...COUNTING,
  max: (request) => request.isKnown ? known : others,
  keyGenerator: (request) => `${request.caller} ${addressOf(request)}`
})

/**
 * The limits a route can opt into: `fastify.post('/', { config: { rateLimit: limits.registration }, schema: … }, …)`.
 */
export const limits = {
  /**
   * Creating a user costs a hash; a caller with a key cannot make more than hashing allows anyway
   * (plugins/passwords.ts).
   */
  registration: perMinute({ known: 3000, others: 60 }),
  query: perMinute({ known: 6000, others: 60 })
}

/**
 * Who asks too often is told so: 429 with Retry-After. Counted by each gateway for itself. Counters, windows and the
 * limits of routes are the library's; not its global mode, which hooks into each route and so comes after the guards of
 * faces: guesses at keys and unknown paths would not count, and a route with a limit of its own would have no other.
 */
export default fp(async (fastify) => {
  const { API_KEYS, TRUSTED_UPSTREAMS, RATE_LIMIT, LOGIN_RATE_LIMIT } = fastify.config
  await fastify.register(rateLimit, {
    global: false,
    enableDraftSpec: true,
    errorResponseBuilder: () => problem('TOO_MANY_REQUESTS')
  })

  const isTrusted = addressMatcher(TRUSTED_UPSTREAMS)
  // Of connections whose requests nobody forwards: the address stays the same, and costs more than all other checks.
  const trusted = new WeakMap<Socket, boolean>()
  const isFromTrusted = (request: FastifyRequest) => {
    if (isForwarded(request)) return isTrusted(request.ip)
    return remember(trusted, request.socket, () => isTrusted(request.ip))
  }
  const isKnown = (request: FastifyRequest) => {
    if (API_KEYS.length === 0) return true
    const { service, admin } = request.keyNames
    return (service ?? admin) !== undefined || isFromTrusted(request)
  }

  const count = fastify.createRateLimit({ ...COUNTING, max: RATE_LIMIT, keyGenerator: addressOf })
  fastify.decorateRequest('isKnown', false)
  // Before any face asks who it is. With a callback: who is known waits for no promise.
  fastify.addHook('onRequest', (request, reply, done) => {
    request.isKnown = isKnown(request)
    const address = addressOf(request)
    // What waits is queued by address: who speaks for many is apart from others at the same one.
    request.from.share = request.isKnown ? `known ${address}` : address
    if (request.isKnown || RATE_LIMIT === 0 || PROBES.has(request.routeOptions.url ?? '')) return done()
    count(request).then((state) => announce(reply, state).isExceeded ? done(refusal(reply)) : done(), done)
  })

  // The wider one first: what a response says last is what is left for its own subject.
  const counters = [
    fastify.createRateLimit({ ...COUNTING, max: SUBJECTS * LOGIN_RATE_LIMIT, keyGenerator: addressOf }),
    fastify.createRateLimit({
      ...COUNTING, max: LOGIN_RATE_LIMIT, keyGenerator: (request) => `${addressOf(request)} ${request.guessed}`
    })
  ]
  fastify.decorateRequest('guessed', '')
  fastify.decorate('throttleGuesses', async (request, reply, subject, attempt) => {
    request.guessed = addressKey(subject)
    for (const count of counters) {
      if (announce(reply, await count(request, { increment: false })).remaining === 0) throw refusal(reply)
    }
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Problem && WRONG_PASSWORD.has(error.code))) throw error
      // Attempts at the same moment all found room; the ones too many learn nothing.
      for (const count of counters) {
        if (announce(reply, await count(request)).isExceeded) throw refusal(reply)
      }
      throw error
    }
  })
}, { name: 'rate-limit', dependencies: ['auth', 'under-pressure'] })

const addresses = new WeakMap<Socket, string>()

const isForwarded = ({ headers }: FastifyRequest) => headers['x-forwarded-for'] !== undefined

/** The caller's address; of IPv6 the network, since a customer gets a whole /64. */
function addressOf (request: FastifyRequest): string {
  const { socket } = request
  // A trusted upstream may forward anything.
  if (isForwarded(request)) return normalizeIP(isIP(request.ip) ? request.ip : socket.remoteAddress ?? '')
  return remember(addresses, socket, () => normalizeIP(socket.remoteAddress ?? ''))
}

function remember<T> (values: WeakMap<Socket, T>, socket: Socket, find: () => T): T {
  let value = values.get(socket)
  if (value === undefined) values.set(socket, value = find())
  return value
}

type Counted = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>
/** No allow list is used here. */
type State = Exclude<Counted, { isAllowed: true }>

/** Sets the RateLimit headers (IETF draft-ietf-httpapi-ratelimit-headers, version 7) and returns the state. */
function announce (reply: FastifyReply, counted: Counted): State {
  const state = counted as State
  reply.header('ratelimit-limit', state.max).header('ratelimit-remaining', state.remaining)
    .header('ratelimit-reset', state.ttlInSeconds)
  return state
}

/** The reset that was announced is when to come back. */
function refusal (reply: FastifyReply): Problem {
  reply.header('retry-after', reply.getHeader('ratelimit-reset'))
  return problem('TOO_MANY_REQUESTS')
}
