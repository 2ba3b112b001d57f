import type { Config } from '../plugins/settings.ts'

/** What goes wrong because of the machine or the settings, not of the program: these say all there is to say. */
const isForeseen = (error: NodeJS.ErrnoException & { severity?: string }) =>
  error.constructor === Error || error.syscall !== undefined || error.name === 'PostgresError' ||
    error.name === 'AggregateError'

/** A connection that cannot be had, by the driver's own codes and the system's. */
const UNREACHABLE = /^(CONNECT|E[A-Z]+|28...|3D000|57P0[1-3]|53300|55000|08...|42704)/

/**
 * What to say of an error that ended the start: a sentence that names the setting at fault, or for a fault of the
 * program itself the error, whose stack is what helps.
 */
export function startFault (
  error: NodeJS.ErrnoException & { port?: number }, config: Config
): { sentence: string, bug?: Error } {
  const { code = '', syscall = '', message } = error
  const { HOST, DATA_DIR, SEED_DIR } = config
  const setting = error.port !== undefined && error.port === config.ADMIN_PORT ? 'ADMIN_PORT' : 'PORT'
  if (!isForeseen(error)) return { sentence: 'db-service could not start, by a fault of its own', bug: error }
  if (code === 'EADDRINUSE') {
    return { sentence: `Port ${config[setting]} is taken: stop what listens there, or set ${setting} to another one` }
  }
  if (code === 'EACCES' && syscall === 'listen') {
    return { sentence: `Port ${config[setting]} is not for this user: set ${setting} to one from 1024 up` }
  }
  if (code === 'EADDRNOTAVAIL' || (syscall === 'getaddrinfo' && !config.DATABASE_URL)) {
    return { sentence: `This machine has no address ${HOST}: set HOST to one it has, such as 127.0.0.1 or 0.0.0.0` }
  }
  for (const [name, folder] of Object.entries({ DATA_DIR, SEED_DIR })) {
    if (folder !== '' && error.path?.startsWith(folder)) return { sentence: `${name} cannot be used: ${message}` }
  }
  const database = config.DATABASE_URL && UNREACHABLE.test(code) ? 'DATABASE_URL: ' : ''
  return { sentence: `db-service could not start: ${database}${message || code}` }
}
