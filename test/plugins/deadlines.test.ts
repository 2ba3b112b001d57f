import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import deadlines from '../../plugins/deadlines.ts'
import errors from '../../plugins/errors.ts'

t.test('what takes too long is answered with 503 TIMEOUT, or cut where an answer has begun', async (t) => {
  const fastify = Fastify()
  fastify.decorate('metrics', { refused () {} } as never)
  await fastify.register(errors)
  await fastify.register(deadlines, { limitMs: 50 })
  let finish = () => {}
  fastify.get('/never', async () => await new Promise((resolve) => { finish = () => resolve({ late: true }) }))
  fastify.get('/half', async (_request, reply) => {
    const half = new PassThrough()
    half.write('half')
    return await reply.send(half)
  })
  // More than the buffers of both ends hold.
  fastify.get('/large', async () => Buffer.alloc(32 * 1024 * 1024, 'x'))
  fastify.get('/quick', async () => ({ quick: true }))
  await fastify.listen({ port: 0 })
  t.teardown(async () => await fastify.close())
  const { port } = fastify.server.address() as AddressInfo

  const answer = await fetch(`http://127.0.0.1:${port}/never`)
  t.equal(answer.status, 503)
  t.match(await answer.json(), { code: 'TIMEOUT' })
  finish()
  t.equal((await fetch(`http://127.0.0.1:${port}/quick`)).status, 200, 'and what comes too late does no harm')

  const large = request({ port, host: '127.0.0.1', path: '/large' }).end()
  const [slowly] = await once(large, 'response') as [IncomingMessage]
  await sleep(90)
  await sleep(90)
  await sleep(90)
  let length = 0
  for await (const chunk of slowly) length += (chunk as Buffer).length
  t.equal(length, 32 * 1024 * 1024, 'a response that is all there is left to a client that reads slowly')

  const half = request({ port, host: '127.0.0.1', path: '/half' }).end()
  const [response] = await once(half, 'response')
  response.resume()
  const [error] = await once(response, 'error')
  t.equal(error.code, 'ECONNRESET')
})
