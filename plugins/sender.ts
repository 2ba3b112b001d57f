import http from 'node:http'
import https from 'node:https'
import fp from 'fastify-plugin'
import { isPublic, literalOf, PrivateAddress, publicLookup } from '../common/public-addresses.ts'

/** From the first byte sent to the last one read. */
const TIMEOUT_MS = 15_000
const MAX_RESPONSE_BYTES = 64 * 1024

/** A connection that nobody needs is closed after this: well before most servers close it. */
const IDLE_MS = 4000

/** Idle connections to one consumer. */
const MAX_IDLE = 4

export interface Answer { status: number, retryAfter: string | undefined }

declare module 'fastify' {
  interface FastifyInstance {
    /** The way webhooks leave. */
    sender: {
      /** Why a URL cannot be sent to; undefined where nothing is known against it. */
      faultOf (url: string): string | undefined
      /**
       * Sends JSON, without following redirects. Rejects with the reason where there is no response within 15 s, or one
       * of more than 64 KiB.
       */
      post (url: string, headers: Record<string, string>, body: string): Promise<Answer>
    }
  }
}

/** Sends HTTP requests to addresses that others name: never into a private network, unless the settings say so. */
export default fp(async (fastify) => {
  const { NODE_ENV: environment, WEBHOOK_PRIVATE_NETWORKS: mayBePrivate } = fastify.config
  const options = {
    keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS, ...!mayBePrivate && { lookup: publicLookup() }
  }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  const stop = new AbortController()

  function faultOf (text: string): string | undefined {
    const url = URL.parse(text)
    if (!url || !['http:', 'https:'].includes(url.protocol)) return 'it is no http or https address'
    if (url.protocol === 'http:' && environment === 'production') return 'in production it has to be https'
    if (url.username !== '' || url.password !== '') return 'it has a user name or password in it'
    if (mayBePrivate) return undefined
    const literal = literalOf(url.hostname)
    const isPrivate = literal === undefined ? /(^|\.)localhost\.?$/.test(url.hostname) : !isPublic(literal)
    return isPrivate ? new PrivateAddress(url.hostname).message : undefined
  }

  async function post (
    url: string, headers: Record<string, string>, body: string, mayRepeat = true
  ): Promise<Answer> {
    // An address instead of a name is not looked up, and the settings may have changed since it was taken.
    const fault = faultOf(url)
    if (fault !== undefined) throw new Error(`the url cannot be used: ${fault}`)
    const { protocol } = new URL(url)
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const request = (protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: agents[protocol as keyof typeof agents],
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      signal: AbortSignal.any([timeout, stop.signal])
    }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_RESPONSE_BYTES) request.destroy(new Error('the response has more than 64 KiB'))
      })
      response.on('error', reject)
      response.on('end', () => resolve({
        status: response.statusCode!, retryAfter: response.headers['retry-after']
      }))
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (stop.signal.aborted) reject(new Error('the gateway was shut down meanwhile'))
      else if (timeout.aborted) reject(new Error(`no response within ${TIMEOUT_MS / 1000} s`))
      else if (request.reusedSocket && error.code === 'ECONNRESET' && mayRepeat) {
        // The consumer closed a connection that was idle just then: it has not seen the request.
        post(url, headers, body, false).then(resolve, reject)
      } else reject(new Error(error.message || error.code || 'the connection was lost'))
    })
    request.end(body)
    return await promise
  }

  fastify.decorate('sender', { faultOf, post: async (url, headers, body) => await post(url, headers, body) })
  fastify.addHook('onClose', async () => {
    stop.abort()
    for (const agent of Object.values(agents)) agent.destroy()
  })
}, { name: 'sender' })
