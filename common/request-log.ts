import { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify'
import { symbols, type Bindings, type ChildLoggerOptions, type Logger, type LogFn } from 'pino'
import { pathOf } from './text.ts'

/** Text kept until it is written, at most, and for how long: each write is a call of the system, 25 µs. */
const MAX_PENDING = 65_536
const WRITTEN_WITHIN_MS = 25

/** Pino's numbers of levels. */
const [INFO, WARN] = [30, 40]

/**
 * The logs that have scheduled what they write. One listener for all of them: with one for each gateway, which would
 * outlive it, Node warns of a leak at the eleventh.
 */
const scheduled = new Set<RequestLog>()
process.on('exit', () => { for (const log of scheduled) log.flush() })

/**
 * The lines about requests, one each. Pino would make a child logger, walk the entry for what to redact, and write to
 * the file for each: a quarter of what a request without a statement costs. These lines have a few fields that are
 * known, none of them a secret but by accident; so they are written as text, several together, in order with all other
 * lines, and masked like these. Nothing is lost but the last moment of a killed process.
 */
export class RequestLog extends LogController {
  readonly #mask: (text: string) => string
  #pending = ''
  #write: ((text: string) => void) | undefined
  #prefix = ''

  /** @param mask takes secrets out of what is written */
  constructor (mask: (text: string) => string) {
    super({ disableRequestLogging: true })
    this.#mask = mask
  }

  /** For pino's `streamWrite` hook: what is written with another line, before it. */
  readonly withPending = (line: string): string => {
    const text = this.#pending + line
    this.#pending = ''
    return this.#mask(text)
  }

  override requestCompleted (_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const log = request.server.log as Logger
    const { statusCode: status } = reply
    const level = status >= 500 ? WARN : INFO
    const traceparent = request.from?.traceparent
    if (log.levelVal > level) return
    this.#write ??= this.#writerOf(log)
    // A method is a token of HTTP, and an id has no character that JSON would escape (options.ts).
    this.#pending += `{"level":${level},"time":${Date.now()}${this.#prefix},"reqId":"${request.id}",` +
      `"method":"${request.method}",` +
      `"path":${JSON.stringify(pathOf(request.url))},"status":${status},` +
      `"ms":${Math.round(reply.elapsedTime * 10) / 10},` +
      `${traceparent === undefined ? '' : `"traceparent":"${traceparent}",`}"msg":"request"}\n`
    if (this.#pending.length > MAX_PENDING) return this.flush()
    if (scheduled.has(this)) return
    scheduled.add(this)
    setTimeout(this.#flushLater, WRITTEN_WITHIN_MS)
  }

  readonly #flushLater = (): void => {
    scheduled.delete(this)
    this.flush()
  }

  /** Writes what is waiting, if anything is. */
  flush (): void {
    if (this.#pending !== '') this.#write!(this.withPending(''))
  }

  #writerOf (log: Logger) {
    const inside = log as unknown as Record<symbol, { write (text: string): void }>
    // What pino writes into every line of this logger: the process and the machine.
    this.#prefix = String(inside[symbols.chindingsSym])
    return (text: string) => inside[symbols.streamSym]!.write(text)
  }
}

/** A request's logger, made when something is logged: most requests have their line and nothing else. */
class RequestLogger {
  readonly #parent: Logger
  readonly #bindings: Bindings
  readonly #options: ChildLoggerOptions
  #made: Logger | undefined

  constructor (parent: Logger, bindings: Bindings, options: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get #logger (): Logger { return (this.#made ??= this.#parent.child(this.#bindings, this.#options)) }

  get level (): string { return this.#logger.level }
  set level (level: string) { this.#logger.level = level }

  child (bindings: Bindings, options?: ChildLoggerOptions): Logger { return this.#logger.child(bindings, options) }
  trace (...entry: Parameters<LogFn>): void { this.#logger.trace(...entry) }
  debug (...entry: Parameters<LogFn>): void { this.#logger.debug(...entry) }
  info (...entry: Parameters<LogFn>): void { this.#logger.info(...entry) }
  warn (...entry: Parameters<LogFn>): void { this.#logger.warn(...entry) }
  error (...entry: Parameters<LogFn>): void { this.#logger.error(...entry) }
  fatal (...entry: Parameters<LogFn>): void { this.#logger.fatal(...entry) }
  silent (): void {}

  setBindings (bindings: Bindings): void {
    if (this.#made) this.#made.setBindings(bindings)
    else Object.assign(this.#bindings, bindings)
  }
}

/** For Fastify's `childLoggerFactory`. */
export const requestLogger = (parent: FastifyBaseLogger, bindings: Bindings, options: object): FastifyBaseLogger =>
  new RequestLogger(parent as Logger, bindings, options) as unknown as FastifyBaseLogger
