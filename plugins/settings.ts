import { BlockList, isIP } from 'node:net'
import { Type, type Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { faultyAddress, faultyCron, faultyDatabase, NEXT_ADDRESS } from './settings-checks.ts'
import { readEnvFile, readSecretFiles } from './settings-sources.ts'
import { keptSecretKey } from './secret-key.ts'

declare module 'fastify' {
  interface FastifyInstance { config: Config }
}

const Flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })

/** Every setting: one entry a variable, with its bound, default and meaning. Nothing else reads the environment. */
export const Settings = Type.Object({
  NODE_ENV: Type.Union([Type.Literal('development'), Type.Literal('test'), Type.Literal('production')], {
    default: 'development', description: 'production refuses unsafe defaults: no API keys, no SECRET_KEY, no DATABASE_URL'
  }),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'address to listen on, localhost for 127.0.0.1; 0.0.0.0 in a container' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 7000, description: 'port to listen on; 0 for any free one' }),
  LOG_LEVEL: Type.Union(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map((level) => Type.Literal(level)), {
    default: 'info'
  }),
  DRAIN_SECONDS: Type.Number({
    minimum: 0, maximum: 300, default: 1.5, description: 'how long to go on serving after SIGTERM while load balancers look away'
  }),
  DATABASE_URL: Type.Optional(Type.String({
    pattern: '^postgres(ql)?://', description: 'PostgreSQL 15 to 18; unset: an embedded PostgreSQL under DATA_DIR'
  })),
  DATABASE_POOL_MAX: Type.Integer({ minimum: 1, maximum: 500, default: 10, description: 'connections per gateway for requests' }),
  DATABASE_PREPARE: Flag(true, 'prepared statements; false behind a PgBouncer older than 1.21'),
  READ_DATABASE_URL: Type.Optional(Type.String({
    pattern: '^postgres(ql)?://', description: 'streaming replicas for catalogue reads, comma-separated; a later one where those before are away'
  })),
  QUERY_DATABASE_URL: Type.Optional(Type.String({
    pattern: '^postgres(ql)?://', description: 'login of the /query role, where the gateway may not create it'
  })),
  HARDEN_DATABASE: Flag(false, 'takes the system catalogues from PUBLIC, for /query; always in the embedded database'),
  DATA_DIR: Type.String({ minLength: 1, default: '.data', description: 'the embedded database, reject reports, written emails' }),
  SEED_DIR: Type.Optional(Type.String({
    description: 'CSV files loaded where the tables are empty; seeds in development, nothing in production'
  })),
  RESET_DATABASE_ON_STARTUP: Flag(false, 'drop and rebuild everything at start; in production only with ALLOW_RESET'),
  ALLOW_RESET: Flag(false, 'lets a reset run in production'),
  USER_UUID_NAMESPACE: Type.String({
    format: 'uuid', default: 'cafebabe-1234-4abc-8def-c0ffeefeed01', description: 'namespace of the user_id (uuid5) of loaded users'
  }),
  API_KEYS: Type.Optional(Type.String({ description: 'comma-separated keys of the service API; none in development: open' })),
  ADMIN_API_KEYS: Type.Optional(Type.String({ description: 'comma-separated keys of the management API' })),
  SECRET_KEY: Type.Optional(Type.String({ description: 'signs tokens; 32 characters or more in production; unset in development: created at the first start, kept in DATA_DIR' })),
  ACCESS_TOKEN_EXPIRE_MINUTES: Type.Integer({ minimum: 1, maximum: 525600, default: 30 }),
  JWT_ISSUER: Type.Optional(Type.String({ description: 'issuer that tokens name and, where it is set, must name' })),
  TRUSTED_UPSTREAMS: Type.Optional(Type.String({
    description: 'comma-separated addresses or CIDR ranges whose identity headers and forwarded addresses count; loopback in development'
  })),
  CORS_ORIGINS: Type.Optional(Type.String({ description: 'comma-separated origins that browsers may call from' })),
  LOGIN_RATE_LIMIT: Type.Integer({ minimum: 1, default: 60, description: 'failed logins a minute for one email from one address; ten times as many for all emails from it' }),
  RATE_LIMIT: Type.Integer({ minimum: 0, default: 6000, description: 'requests a minute from one address without an API key; 0: any number' }),
  SMTP_URL: Type.Optional(Type.String({ pattern: '^smtps?://' })),
  MAIL_FROM: Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', default: 'no-reply@localhost' }),
  APP_NAME: Type.String({ minLength: 1, default: 'db-service' }),
  PUBLIC_URL: Type.String({ pattern: '^https?://', default: 'http://localhost:7000' }),
  REMINDER_CRON: Type.String({ pattern: '^\\S+( \\S+){4}$', default: '* * * * *' }),
  RABBITMQ_URL: Type.Optional(Type.String({ pattern: '^amqps?://' })),
  // AMQP 0-9-1: a short string; names with amq. are the broker's own.
  RABBITMQ_QUEUE: Type.String({ pattern: '^(?!amq\\.).', maxLength: 255, default: 'notifications' }),
  EVENT_RETENTION_DAYS: Type.Integer({ minimum: 1, maximum: 3650, default: 7, description: 'how long published events are kept' }),
  SELL_UNPRICED: Flag(false, 'products without a price are sold and count nothing; else an order with one is refused'),
  TAX_RATE: Type.Number({ minimum: 0, maximum: 1, default: 0.08 }),
  SHIPPING_COST: Type.Number({ minimum: 0, default: 10 }),
  FREE_SHIPPING_FROM: Type.Number({ minimum: 0, default: 100 })
})

/** Settings that hold a secret: each may come as `<NAME>_FILE`, and none is ever shown (secrets.ts). */
export const SECRETS = [
  'API_KEYS', 'ADMIN_API_KEYS', 'SECRET_KEY', 'DATABASE_URL', 'READ_DATABASE_URL', 'QUERY_DATABASE_URL', 'SMTP_URL', 'RABBITMQ_URL'
] as const

/** Comma-separated settings; keys may also stand one on a line of their file. */
const LISTS = {
  API_KEYS: /[,\n]/, ADMIN_API_KEYS: /[,\n]/, READ_DATABASE_URL: NEXT_ADDRESS, TRUSTED_UPSTREAMS: /,/, CORS_ORIGINS: /,/
}
type Lists = { [name in keyof typeof LISTS]: string[] }
type Computed = Lists & { SEED_DIR: string, SECRET_KEY: string }

/** The settings as the program sees them: typed, defaults filled in, comma-separated lists split. */
export type Config = Omit<Static<typeof Settings>, keyof Computed> & Computed

/** Says everything that is wrong with the settings at once. */
export class ConfigError extends Error {
  /** @param faults one sentence for each faulty variable */
  constructor (faults: string[]) {
    super(`The settings are not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\nEach is described in .env.example.`)
    this.name = 'ConfigError'
  }
}

const ajv = new Ajv({ coerceTypes: true, useDefaults: true, allErrors: true })
ajvFormats.default(ajv)
const validate = ajv.compile(Settings)

/**
 * Reads and checks the settings. An empty variable counts as not set.
 *
 * @param earlier faults found before, to be named along
 * @throws ConfigError naming every fault
 */
export function loadConfig (env: NodeJS.ProcessEnv = process.env, earlier: string[] = []): Config {
  const files = readSecretFiles(SECRETS, env)
  const values: Record<string, unknown> = files.values
  for (const name of Object.keys(Settings.properties)) {
    if (env[name] !== undefined && env[name] !== '') values[name] = env[name]
  }
  validate(values)
  const unread = new Set((validate.errors ?? []).map((error) => error.instancePath.slice(1)))
  const faults = (validate.errors ?? []).filter((error) => error.keyword !== 'const').map((error) => {
    const name = error.instancePath.slice(1)
    const reason = error.keyword === 'anyOf' ? `must be one of ${allowedValues(name)}` : error.message
    // The value itself may be a secret.
    return `${name} ${reason}`
  })
  const settings = values as Static<typeof Settings>
  // A real shop does not start with the demo's users, whose password everybody knows.
  const seedDir = settings.SEED_DIR ?? (settings.NODE_ENV === 'production' ? '' : 'seeds')
  const config: Config = { ...settings, ...splitLists(settings), SEED_DIR: seedDir, SECRET_KEY: settings.SECRET_KEY ?? '' }
  faults.unshift(...earlier, ...files.faults)
  faults.push(...unsafeDefaults(config), ...faultyUpstreams(config.TRUSTED_UPSTREAMS), ...faultyOrigins(config))
  faults.push(...faultyForms(config).flatMap(([name, sentences]) => unread.has(name) ? [] : sentences))
  if (faults.length > 0) throw new ConfigError(faults)
  if (config.NODE_ENV !== 'production' && config.TRUSTED_UPSTREAMS.length === 0) {
    config.TRUSTED_UPSTREAMS = ['127.0.0.0/8', '::1/128']
  }
  return config
}

/**
 * Reads `.env` where there is one; what the environment says itself wins. Then as loadConfig, and without SECRET_KEY (in
 * development only) with the one kept in DATA_DIR.
 */
export function readConfig (): Config {
  const config = loadConfig(process.env, readEnvFile())
  try {
    return { ...config, SECRET_KEY: config.SECRET_KEY || keptSecretKey(config.DATA_DIR) }
  } catch (error) {
    throw new ConfigError([`DATA_DIR ${config.DATA_DIR} cannot be used to keep a SECRET_KEY (${(error as Error).message}): make it writable, name another, or set SECRET_KEY`])
  }
}

function allowedValues (name: string): string {
  const schema = Settings.properties[name as keyof typeof Settings.properties] as { anyOf?: { const: string }[] }
  return schema.anyOf?.map((entry) => entry.const).join(', ') ?? ''
}

function splitLists (settings: Static<typeof Settings>): Lists {
  const entries = Object.entries(LISTS).map(([name, separator]) => [
    name, String(settings[name as keyof Lists] ?? '').split(separator).map((entry) => entry.trim()).filter((entry) => entry !== '')
  ])
  return Object.fromEntries(entries)
}

/** Faults that a pattern cannot tell, with the setting they are of. */
function faultyForms (config: Config): [string, string[]][] {
  const { DATABASE_URL, READ_DATABASE_URL, QUERY_DATABASE_URL, SMTP_URL, RABBITMQ_URL } = config
  const databases: [string, string | undefined][] = [
    ['DATABASE_URL', DATABASE_URL], ['QUERY_DATABASE_URL', QUERY_DATABASE_URL],
    ...READ_DATABASE_URL.map((url): [string, string] => ['READ_DATABASE_URL', url])
  ]
  const others: [string, string | undefined, string][] = [
    ['SMTP_URL', SMTP_URL, 'smtp://user:password@host:587'], ['RABBITMQ_URL', RABBITMQ_URL, 'amqp://user:password@host:5672/vhost'],
    ['PUBLIC_URL', config.PUBLIC_URL, 'https://shop.example']
  ]
  return [
    ...databases.map(([name, url]): [string, string[]] => [name, url === undefined ? [] : faultyDatabase(name, url)]),
    ...others.map(([name, url, example]): [string, string[]] => [name, url === undefined ? [] : faultyAddress(name, url, example)]),
    ['REMINDER_CRON', faultyCron('REMINDER_CRON', config.REMINDER_CRON)]
  ]
}

/** A shorter key may be guessed: a caller without one has RATE_LIMIT tries a minute. */
const MIN_KEY_LENGTH = 16

function unsafeDefaults (config: Config): string[] {
  if (config.NODE_ENV !== 'production') return []
  const faults: string[] = []
  for (const name of ['API_KEYS', 'ADMIN_API_KEYS'] as const) {
    if (config[name].some((key) => key.length < MIN_KEY_LENGTH)) faults.push(`${name} has an entry of fewer than ${MIN_KEY_LENGTH} characters`)
  }
  if (!config.DATABASE_URL) faults.push('DATABASE_URL must be set in production')
  if (config.API_KEYS.length === 0) faults.push('API_KEYS must name at least one key in production')
  if (!config.SECRET_KEY) faults.push('SECRET_KEY must be set in production')
  // RFC 7518, section 3.2: a key for HS256 is no shorter than its hash.
  else if (config.SECRET_KEY.length < 32) faults.push('SECRET_KEY must have 32 characters or more in production')
  if (config.RESET_DATABASE_ON_STARTUP && !config.ALLOW_RESET) {
    faults.push('RESET_DATABASE_ON_STARTUP needs ALLOW_RESET=true in production')
  }
  return faults
}

/** Tells whether an address is one of these, or within these CIDR ranges. IPv4 counts in its IPv6 notation, too. */
export function addressMatcher (ranges: string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d+))?$/.exec(range) ?? []
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

function faultyUpstreams (ranges: string[]): string[] {
  return ranges.filter((range) => {
    try {
      addressMatcher([range])
      return false
    } catch {
      return true
    }
  }).map((range) => `TRUSTED_UPSTREAMS has an entry that is no address or CIDR range: ${range}`)
}

function faultyOrigins ({ CORS_ORIGINS, NODE_ENV }: Config): string[] {
  return CORS_ORIGINS.flatMap((origin) => {
    if (origin === '*') return NODE_ENV === 'production' ? ['CORS_ORIGINS must name each origin in production, not *'] : []
    return URL.parse(origin)?.origin === origin && !origin.includes('*') ? [] : [`CORS_ORIGINS has an entry that is no origin such as https://shop.example: ${origin}`]
  })
}
