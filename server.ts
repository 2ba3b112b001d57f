import Fastify from 'fastify'
import app from './app.ts'
import { serverOptions } from './options.ts'
import { ConfigError, readConfig, type Config } from './plugins/infra/config.ts'

/** A signal to the process group comes twice: npm hands it on to its child, which has it already. */
const SAME_SIGNAL_MS = 500

const config = readSettings()
const fastify = Fastify(serverOptions(config))

try {
  await fastify.register(app, { config })
  await fastify.listen({ host: config.HOST, port: config.PORT })
  fastify.log.info(`Docs: http://${config.HOST}:${listeningPort()}/docs`)
} catch (error) {
  fastify.log.fatal(startFault(error as NodeJS.ErrnoException))
  await fastify.close().catch(() => {})
  process.exit(1)
}

let stoppingSince: number | undefined
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      shutDown(signal)
    } else if (signal === 'SIGINT' && performance.now() - stoppingSince > SAME_SIGNAL_MS) {
      // A second Ctrl-C of somebody in a hurry.
      process.exit(130)
    }
  })
}
fastify.database.whenReset(() => {
  fastify.log.fatal('The database has been reset under this gateway, which ends now: start it again')
  process.kill(process.pid, 'SIGTERM')
})
for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
  // The state of the process is unknown now; whoever runs it starts a new one.
  process.on(fault, (error) => {
    fastify.log.fatal({ err: error }, fault)
    process.exit(1)
  })
}

/** Goes on serving while load balancers look away, then finishes what is in flight, closes everything, and ends. */
async function shutDown (signal: string): Promise<void> {
  fastify.log.info(`${signal}: serving for ${config.DRAIN_SECONDS} s more, then closing`)
  fastify.startDraining()
  await new Promise((resolve) => setTimeout(resolve, config.DRAIN_SECONDS * 1000))
  try {
    await fastify.close()
    process.exit(0)
  } catch (error) {
    fastify.log.fatal({ err: error }, 'could not close cleanly')
    process.exit(1)
  }
}

function readSettings (): Config {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

function listeningPort (): number {
  const [address] = fastify.addresses()
  return typeof address === 'object' ? address.port : config.PORT
}

function startFault (error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `Port ${config.PORT} is taken: stop what listens there, or set PORT to another one`
  return `db-service could not start: ${error.message}`
}
