import { join } from 'node:path'
import autoload from '@fastify/autoload'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from './plugins/infra/config.ts'
import { face } from './routes/mount.ts'

declare module 'fastify' {
  interface FastifyInstance { config: Config }
}

/** What is served where: each folder of routes/ is a face, with its access rule in its autohooks.ts. */
const faces = [
  { folder: 'public', prefix: '/' },
  { folder: 'service', prefix: '/' },
  { folder: 'legacy', prefix: '/legacy' },
  { folder: 'management', prefix: '/api/v1' },
  { folder: 'storefront', prefix: '/api' }
]

/** The application as one plugin: infrastructure, domains, jobs, then the faces. */
export default fp(async (fastify: FastifyInstance, { config }: { config: Config }) => {
  fastify.decorate('config', config)
  fastify.register(autoload, { dir: join(import.meta.dirname, 'plugins/infra'), ignorePattern: /(config|config-\w+|secret-key|secrets|start-faults)\.ts/, encapsulate: false })
  fastify.register(autoload, { dir: join(import.meta.dirname, 'plugins/domain'), encapsulate: false })
  fastify.register(autoload, { dir: join(import.meta.dirname, 'plugins/jobs'), encapsulate: false })
  for (const { folder, prefix } of faces) {
    fastify.register(autoload, face(folder, prefix))
  }
}, { name: 'app' })
