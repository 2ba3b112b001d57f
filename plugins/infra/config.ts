import { BlockList, isIP } from 'node:net'
import { Type, type Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { keptSecretKey } from './secret-key.ts'

const Flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })

/** Every setting: one entry a variable, with its bound, default and meaning. Nothing else reads the environment. */
export const Settings = Type.Object({
  NODE_ENV: Type.Union([Type.Literal('development'), Type.Literal('test'), Type.Literal('production')], {
    default: 'development', description: 'production refuses unsafe defaults: no API keys, no SECRET_KEY, no DATABASE_URL'
  }),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'address to listen on; 0.0.0.0 in a container' }),
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
    pattern: '^postgres(ql)?://', description: 'streaming replicas for catalogue reads, comma-separated'
  })),
  QUERY_DATABASE_URL: Type.Optional(Type.String({
    pattern: '^postgres(ql)?://', description: 'login of the /query role, where the gateway may not create it'
  })),
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
  SECRET_KEY: Type.Optional(Type.String({ description: 'signs tokens; 32 characters or more in production; unset in development: made at the first start, kept in DATA_DIR' })),
  ACCESS_TOKEN_EXPIRE_MINUTES: Type.Integer({ minimum: 1, maximum: 525600, default: 30 }),
  JWT_ISSUER: Type.Optional(Type.String({ description: 'issuer that tokens name and, where it is set, must name' })),
  TRUSTED_UPSTREAMS: Type.Optional(Type.String({
    description: 'comma-separated addresses or CIDR ranges whose identity headers and forwarded addresses count; loopback in development'
  })),
  CORS_ORIGINS: Type.Optional(Type.String({ description: 'comma-separated origins that browsers may call from' })),
  LOGIN_RATE_LIMIT: Type.Integer({ minimum: 1, default: 60, description: 'failed logins a minute for one email from one address' }),
  RATE_LIMIT: Type.Integer({ minimum: 0, default: 6000, description: 'requests a minute from one address without an API key; 0: any number' }),
  SMTP_URL: Type.Optional(Type.String({ pattern: '^smtps?://' })),
  MAIL_FROM: Type.String({ minLength: 3, default: 'no-reply@localhost' }),
  APP_NAME: Type.String({ minLength: 1, default: 'db-service' }),
  PUBLIC_URL: Type.String({ pattern: '^https?://', default: 'http://localhost:7000' }),
  REMINDER_CRON: Type.String({ pattern: '^\\S+( \\S+){4}$', default: '* * * * *' }),
  RABBITMQ_URL: Type.Optional(Type.String({ pattern: '^amqps?://' })),
  RABBITMQ_QUEUE: Type.String({ minLength: 1, default: 'notifications' }),
  TAX_RATE: Type.Number({ minimum: 0, maximum: 1, default: 0.08 }),
  SHIPPING_COST: Type.Number({ minimum: 0, default: 10 }),
  FREE_SHIPPING_FROM: Type.Number({ minimum: 0, default: 100 })
})

const LISTS = ['API_KEYS', 'ADMIN_API_KEYS', 'TRUSTED_UPSTREAMS', 'CORS_ORIGINS'] as const
type Lists = { [name in typeof LISTS[number]]: string[] }
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
 * @throws ConfigError naming every fault
 */
export function loadConfig (env: NodeJS.ProcessEnv = process.env): Config {
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(Settings.properties)) {
    if (env[name] !== undefined && env[name] !== '') values[name] = env[name]
  }
  validate(values)
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
  faults.push(...unsafeDefaults(config), ...faultyUpstreams(config.TRUSTED_UPSTREAMS), ...faultyOrigins(config), ...faultyCron(config.REMINDER_CRON))
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
  try {
    process.loadEnvFile()
  } catch {
    // No .env: the environment and the defaults are enough.
  }
  const config = loadConfig()
  return { ...config, SECRET_KEY: config.SECRET_KEY || keptSecretKey(config.DATA_DIR) }
}

function allowedValues (name: string): string {
  const schema = Settings.properties[name as keyof typeof Settings.properties] as { anyOf?: { const: string }[] }
  return schema.anyOf?.map((entry) => entry.const).join(', ') ?? ''
}

function splitLists (settings: Static<typeof Settings>): Lists {
  const entries = LISTS.map((name) => [
    name, String(settings[name] ?? '').split(',').map((entry) => entry.trim()).filter((entry) => entry !== '')
  ])
  return Object.fromEntries(entries)
}

function unsafeDefaults (config: Config): string[] {
  if (config.NODE_ENV !== 'production') return []
  const faults: string[] = []
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

/** What each field of a cron expression may say, in its order; weekdays from Sunday, which is 0 and 7. */
const CRON_FIELDS = [['minute', 0, 59], ['hour', 0, 23], ['day', 1, 31], ['month', 1, 12], ['weekday', 0, 7]] as const

/** Numbers out of range, which pg-boss would find only once the database is there. What is no cron expression at all, the schema says. */
function faultyCron (cron: string): string[] {
  const fields = cron.split(' ')
  if (fields.length !== CRON_FIELDS.length) return []
  return CRON_FIELDS.flatMap(([name, first, last], at) => {
    const numbers = (fields[at]!.replace(/\/\d+/g, '').match(/\d+/g) ?? []).map(Number)
    return numbers.every((number) => number >= first && number <= last) ? [] : [`REMINDER_CRON has a ${name} that is not between ${first} and ${last}`]
  })
}

function faultyOrigins ({ CORS_ORIGINS, NODE_ENV }: Config): string[] {
  return CORS_ORIGINS.flatMap((origin) => {
    if (origin === '*') return NODE_ENV === 'production' ? ['CORS_ORIGINS must name each origin in production, not *'] : []
    return URL.parse(origin)?.origin === origin && !origin.includes('*') ? [] : [`CORS_ORIGINS has an entry that is no origin such as https://shop.example: ${origin}`]
  })
}
