import { Type, type Static, type StringOptions } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type SchemaValidateFunction } from 'ajv'
import ajvFormats from 'ajv-formats'
import { envSchema } from 'env-schema'
import * as checks from '../common/settings-checks.ts'
import { readEnvFile, readSecretFiles } from '../common/settings-sources.ts'
import { keptSecretKey } from '../common/secret-key.ts'

declare module 'fastify' {
  interface FastifyInstance { config: Config }
}

/** `secret`: may come as `<NAME>_FILE`, never shown (common/secrets.ts). `faults`: what no pattern can tell. */
interface Options extends StringOptions { secret?: true, list?: RegExp, faults?: checks.Faults }

const Flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })
const Text = (options: Options) => Type.Optional(Type.String(options))
const OneOf = <T extends string>(values: T[], options: StringOptions & { default: T }) =>
  Type.Unsafe<T>({ type: 'string', enum: values, ...options })
const List = (options: Options) =>
  Type.Unsafe<string[]>({ type: ['string', 'array'], default: [], list: /,/, ...options })
const Keys = (description: string) => List({ secret: true, list: /[,\n]/, description })
const Database = { secret: true, pattern: '^postgres(ql)?://', faults: checks.faultyDatabase } as const

/** Every setting: one entry a variable, with its bound, default and meaning. Nothing else reads the environment. */
export const Settings = Type.Object({
  NODE_ENV: OneOf(['development', 'test', 'production'], {
    default: 'development',
    description: 'production refuses unsafe defaults: no API keys, no SECRET_KEY, no DATABASE_URL'
  }),
  HOST: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description: 'address to listen on, localhost for 127.0.0.1; 0.0.0.0 in a container'
  }),
  PORT: Type.Integer({
    minimum: 0, maximum: 65535, default: 7000, description: 'port to listen on; 0 for any free one'
  }),
  ADMIN_PORT: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: 65535,
    faults: checks.samePort,
    description: 'port for probes and metrics without a key, for the operator’s network alone; 0 for any free one'
  })),
  LOG_LEVEL: OneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { default: 'info' }),
  DRAIN_SECONDS: Type.Number({
    minimum: 0,
    maximum: 300,
    default: 1.5,
    description: 'how long to go on serving after SIGTERM while load balancers look away'
  }),
  DATABASE_URL: Text({ ...Database, description: 'PostgreSQL 15 to 18; unset: an embedded PostgreSQL under DATA_DIR' }),
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 1, maximum: 500, default: 10, description: 'connections per gateway for requests'
  }),
  DATABASE_PREPARE: Flag(true, 'prepared statements; false behind a PgBouncer older than 1.21'),
  READ_DATABASE_URL: List({
    ...Database,
    list: checks.NEXT_ADDRESS,
    description: 'streaming replicas for reads, comma-separated, each an address as DATABASE_URL'
  }),
  MAX_REPLICA_LAG: Type.Number({
    minimum: 0.5, maximum: 60, default: 2, description: 'seconds that what is read from a replica may be old'
  }),
  QUERY_DATABASE_URL: Text({
    ...Database, description: 'login of the /query role, where the gateway may not create it'
  }),
  HARDEN_DATABASE: Flag(false, 'takes the system catalogues from PUBLIC, for /query; always in the embedded database'),
  DATA_DIR: Type.String({
    minLength: 1, default: '.data', description: 'the embedded database, reject reports, written emails'
  }),
  SEED_DIR: Text({
    description: 'CSV files loaded where the tables are empty; seeds in development, nothing in production'
  }),
  RESET_DATABASE_ON_STARTUP: Flag(false, 'drop and rebuild everything at start; in production only with ALLOW_RESET'),
  ALLOW_RESET: Flag(false, 'lets a reset run in production'),
  USER_UUID_NAMESPACE: Type.String({
    format: 'uuid',
    default: 'cafebabe-1234-4abc-8def-c0ffeefeed01',
    description: 'namespace of the user_id (uuid5) of loaded users'
  }),
  API_KEYS: Keys('keys of the service API, comma-separated or one on a line; none in development: open'),
  ADMIN_API_KEYS: Keys('keys of the management API'),
  SECRET_KEY: Text({
    secret: true,
    description: 'signs tokens; 32 characters or more in production; else made at the first start, kept in DATA_DIR'
  }),
  ACCESS_TOKEN_EXPIRE_MINUTES: Type.Integer({ minimum: 1, maximum: 525600, default: 30 }),
  JWT_ISSUER: Text({ description: 'issuer that tokens name and, where it is set, must name' }),
  TRUSTED_UPSTREAMS: List({
    faults: checks.faultyUpstreams,
    description: 'addresses or CIDR ranges whose identity and forwarding headers count; loopback in development'
  }),
  CORS_ORIGINS: List({
    faults: checks.faultyOrigins, description: 'comma-separated origins that browsers may call from'
  }),
  LOGIN_RATE_LIMIT: Type.Integer({
    minimum: 1,
    default: 60,
    description: 'failed logins a minute for one email from one address; ten times as many for all emails from it'
  }),
  RATE_LIMIT: Type.Integer({
    minimum: 0, default: 6000, description: 'requests a minute from one address without an API key; 0: any number'
  }),
  SMTP_URL: Text({
    secret: true, pattern: '^smtps?://', faults: checks.faultyAddress('smtp://user:password@host:587')
  }),
  MAIL_FROM: Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', default: 'no-reply@localhost' }),
  APP_NAME: Type.String({ minLength: 1, default: 'db-service' }),
  PUBLIC_URL: Type.String({
    pattern: '^https?://', faults: checks.faultyAddress('https://shop.example'), default: 'http://localhost:7000'
  }),
  REMINDER_CRON: Type.String({ pattern: '^\\S+( \\S+){4}$', faults: checks.faultyCron, default: '* * * * *' }),
  RABBITMQ_URL: Text({
    secret: true, pattern: '^amqps?://', faults: checks.faultyAddress('amqp://user:password@host:5672/vhost')
  }),
  // AMQP 0-9-1: a short string; names with amq. are the broker's own.
  RABBITMQ_QUEUE: Type.String({ pattern: '^(?!amq\\.).', maxLength: 255, default: 'notifications' }),
  EVENT_RETENTION_DAYS: Type.Integer({
    minimum: 1, maximum: 3650, default: 7, description: 'how long events are kept'
  }),
  WEBHOOK_PRIVATE_NETWORKS: Flag(false, 'webhooks may go to addresses of private networks and of this machine'),
  SELL_UNPRICED: Flag(false, 'products without a price are sold and count nothing; else an order with one is refused'),
  OTEL_EXPORTER_OTLP_ENDPOINT: Text({
    pattern: '^https?://',
    faults: checks.faultyAddress('http://collector:4318'),
    description: 'who receives traces by OTLP over HTTP (protobuf), at /v1/traces below it'
  }),
  OTEL_SERVICE_NAME: Type.String({ minLength: 1, default: 'db-service', description: 'what traces are filed under' }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0, maximum: 1, default: 1, description: 'the part of requests traced, where the caller has not decided'
  }),
  TAX_RATE: Type.Number({ minimum: 0, maximum: 1, default: 0.08 }),
  SHIPPING_COST: Type.Number({ minimum: 0, default: 10 }),
  FREE_SHIPPING_FROM: Type.Number({ minimum: 0, default: 100 })
}, { faults: checks.unsafeDefaults })

/** Settings that hold a secret. */
export const SECRETS = Object.entries(Settings.properties).filter(([, { secret }]) => secret).map(([name]) => name)

/** The settings as the program sees them: typed, defaults filled in, comma-separated lists split. */
export type Config = Static<typeof Settings> & { SEED_DIR: string, SECRET_KEY: string }

/** Says everything that is wrong with the settings at once. */
export class ConfigError extends Error {
  /** @param faults one sentence for each faulty variable */
  constructor (faults: string[]) {
    const list = faults.map((fault) => `  - ${fault}\n`).join('')
    super(`The settings are not usable:\n${list}Each is described in .env.example.`)
    this.name = 'ConfigError'
  }
}

const findFaults: SchemaValidateFunction = (faults: checks.Faults, value, _schema, at) => {
  findFaults.errors = faults(String(at!.parentDataProperty), value, at!.rootData)
    .map((message) => ({ keyword: 'faults', message }))
  return findFaults.errors.length === 0
}

const split: SchemaValidateFunction = (separator: RegExp, text: string, _schema, at) => {
  at!.parentData[at!.parentDataProperty] = text.split(separator).map((entry) => entry.trim()).filter(Boolean)
  return true
}

/**
 * env-schema merges the sources, takes what is known, fills in defaults and finds all faults at once. Ours is what it
 * cannot: questions about several settings, sentences for people, lists split by a pattern.
 */
const ajv = new Ajv({
  coerceTypes: true,
  useDefaults: true,
  allErrors: true,
  removeAdditional: true,
  allowUnionTypes: true,
  // It runs once: making it faster, or checking what the types check, would take longer.
  code: { optimize: false },
  validateSchema: false
})
ajvFormats.default(ajv, ['uuid']).addVocabulary(['secret'])
ajv.addKeyword({ keyword: 'list', type: 'string', modifying: true, errors: false, validate: split })
// After `list`: what it finds fault with are the entries.
ajv.addKeyword({ keyword: 'faults', type: ['string', 'object', 'integer'], errors: true, validate: findFaults })

/**
 * Reads and checks the settings. That an empty variable counts as not set, and that secrets may come in files,
 * env-schema does not know.
 *
 * @param earlier faults found before, to be named along
 * @throws ConfigError naming every fault
 */
export function loadConfig (env: NodeJS.ProcessEnv = process.env, earlier: string[] = []): Config {
  const files = readSecretFiles(SECRETS, env)
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const faults = [...earlier, ...files.faults]
  let settings: Static<typeof Settings>
  try {
    settings = envSchema({ schema: Settings, data: [given, files.values], env: false, ajv })
  } catch (error) {
    throw new ConfigError([...faults, ...sentences((error as { errors: ErrorObject[] }).errors)])
  }
  if (faults.length > 0) throw new ConfigError(faults)
  const isProduction = settings.NODE_ENV === 'production'
  if (!isProduction && settings.TRUSTED_UPSTREAMS.length === 0) settings.TRUSTED_UPSTREAMS = ['127.0.0.0/8', '::1/128']
  // A real shop does not start with the demo's users, whose password everybody knows.
  const { SEED_DIR = isProduction ? '' : 'seeds', SECRET_KEY = '' } = settings
  return { ...settings, SEED_DIR, SECRET_KEY }
}

/** One for each fault, without the value itself, which may be a secret. */
function sentences (errors: ErrorObject[]): string[] {
  const malformed = new Set(errors.flatMap(({ keyword, instancePath }) => keyword === 'faults' ? [] : [instancePath]))
  return errors.flatMap(({ keyword, instancePath, message = '', params }) => {
    if (keyword === 'faults') return malformed.has(instancePath) ? [] : [message]
    const reason = keyword === 'enum' ? `must be one of ${params.allowedValues.join(', ')}` : message
    return [`${instancePath.slice(1)} ${reason}`]
  })
}

/**
 * Reads `.env` where there is one; what the environment says itself wins. Then as loadConfig, and without SECRET_KEY
 * (in development only) with the one kept in DATA_DIR.
 */
export function readConfig (): Config {
  const config = loadConfig(process.env, readEnvFile())
  try {
    return { ...config, SECRET_KEY: config.SECRET_KEY || keptSecretKey(config.DATA_DIR) }
  } catch (error) {
    const way = 'make it writable, name another, or set SECRET_KEY'
    const reason = (error as Error).message
    throw new ConfigError([`DATA_DIR ${config.DATA_DIR} cannot be used to keep a SECRET_KEY (${reason}): ${way}`])
  }
}
