import Fastify, { type FastifyInstance } from 'fastify'
import { openAdmin } from './admin.ts'
import app from './app.ts'
import { serverOptions } from './options.ts'
import { ConfigError, readConfig, type Config } from './plugins/settings.ts'
import { endHeld, isInterrupted, SAME_SIGNAL_MS, SIGNALS } from './database/interrupt.ts'
import { startFault } from './common/start-faults.ts'

/** After DRAIN_SECONDS: what has not closed by then is given up. Clients are cut before (plugins/sockets.ts). */
const CLOSE_MS = 4500

let fastify: FastifyInstance | undefined
let admin: FastifyInstance | undefined
let isServing = false
let stoppingSince: number | undefined

// Before anything is started: a start that is interrupted leaves nothing behind.
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      if (isServing) shutDown(fastify!, signal)
      else end(0, `${signal} while starting: ending`)
    } else if (signal === 'SIGINT' && performance.now() - stoppingSince > SAME_SIGNAL_MS) {
      // A second Ctrl-C of somebody in a hurry.
      process.exit(130)
    }
  })
}
for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
  // The state of the process is unknown now; whoever runs it starts a new one. What an interrupted start leaves undone
  // is no fault.
  process.on(fault, (error) => { if (!isInterrupted()) end(1, fault, error as Error) })
}

const config = readSettings()
try {
  fastify = Fastify(serverOptions(config)) as unknown as FastifyInstance
  await fastify.register(app, { config })
  const { database, log } = fastify
  database.whenReset(() => {
    log.fatal('The database has been reset under this gateway, which ends now: start it again')
    process.kill(process.pid, 'SIGTERM')
  })
  // For localhost Fastify would open a server for each of its addresses, and all bounds and the end of connections are
  // of the first one.
  const host = config.HOST === 'localhost' ? '127.0.0.1' : config.HOST
  await fastify.listen({ host, port: config.PORT })
  if (config.ADMIN_PORT !== undefined) {
    // After the shop's port: who is told here that the gateway is ready can call it.
    admin = openAdmin(fastify)
    await admin.listen({ host, port: config.ADMIN_PORT, listenTextResolver: (url) => `Probes and metrics at ${url}` })
  }
  isServing = !isInterrupted()
  fastify.log.info(`Docs: http://${config.HOST}:${listeningPort(fastify)}/docs`)
} catch (error) {
  if (!isInterrupted()) {
    const { sentence, bug } = startFault(error as Error, config)
    await fastify?.close().catch(() => {})
    await end(1, sentence, bug)
  }
}

/** Says why, ends what must not outlive the process, and the process. */
async function end (code: number, reason: string, error?: Error): Promise<void> {
  const level = code === 0 ? 'info' : 'fatal'
  if (fastify) fastify.log[level]({ ...error && { err: error } }, reason)
  else process.stderr.write(`${reason}${error ? `\n${error.stack}` : ''}\n`)
  await endHeld()
  process.exit(code)
}

/** Goes on serving while load balancers look away, then finishes what is in flight, closes everything, and ends. */
async function shutDown (fastify: FastifyInstance, signal: string): Promise<void> {
  fastify.log.info(`${signal}: serving for ${config.DRAIN_SECONDS} s more, then closing`)
  fastify.draining = true
  await new Promise((resolve) => setTimeout(resolve, config.DRAIN_SECONDS * 1000))
  setTimeout(() => end(1, 'could not close in time'), CLOSE_MS).unref()
  try {
    await fastify.close()
    await admin?.close()
    process.exit(0)
  } catch (error) {
    await end(1, 'could not close cleanly', error as Error)
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

function listeningPort (fastify: FastifyInstance): number {
  const [address] = fastify.addresses()
  return typeof address === 'object' ? address.port : config.PORT
}
