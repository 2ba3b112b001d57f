import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { addressMatcher, ConfigError, loadConfig } from '../../../plugins/infra/config.ts'
import { keptSecretKey } from '../../../plugins/infra/secret-key.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop:secret@db/shop',
  API_KEYS: 'a-key',
  SECRET_KEY: '0123456789abcdef0123456789abcdef'
}

/** What loading these settings complains about. */
function complaint (env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

t.test('nothing set: the defaults of a developer’s machine', async (t) => {
  t.match(loadConfig({}), {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 7000,
    LOG_LEVEL: 'info',
    DATABASE_POOL_MAX: 10,
    DATA_DIR: '.data',
    SEED_DIR: 'seeds',
    RESET_DATABASE_ON_STARTUP: false,
    USER_UUID_NAMESPACE: 'cafebabe-1234-4abc-8def-c0ffeefeed01',
    API_KEYS: [],
    ADMIN_API_KEYS: [],
    ACCESS_TOKEN_EXPIRE_MINUTES: 30,
    TRUSTED_UPSTREAMS: ['127.0.0.0/8', '::1/128'],
    CORS_ORIGINS: [],
    LOGIN_RATE_LIMIT: 60,
    RATE_LIMIT: 6000,
    MAIL_FROM: 'no-reply@localhost',
    APP_NAME: 'db-service',
    PUBLIC_URL: 'http://localhost:7000',
    REMINDER_CRON: '* * * * *',
    RABBITMQ_QUEUE: 'notifications',
    TAX_RATE: 0.08,
    SHIPPING_COST: 10,
    FREE_SHIPPING_FROM: 100
  })
  for (const name of ['DATABASE_URL', 'READ_DATABASE_URL', 'QUERY_DATABASE_URL', 'SMTP_URL', 'RABBITMQ_URL', 'JWT_ISSUER'] as const) {
    t.equal(loadConfig({})[name], undefined, name)
  }
})

t.test('an empty variable is as one not set', async (t) => {
  const names = ['NODE_ENV', 'PORT', 'DATABASE_URL', 'API_KEYS', 'TAX_RATE', 'SECRET_KEY', 'RESET_DATABASE_ON_STARTUP', 'USER_UUID_NAMESPACE']
  t.same(loadConfig(Object.fromEntries(names.map((name) => [name, '']))), loadConfig({}))
  t.match(complaint({ ...production, API_KEYS: '' }), /API_KEYS/)
})

t.test('values become numbers, flags and lists', async (t) => {
  t.match(loadConfig({
    PORT: '0', TAX_RATE: '0.19', RESET_DATABASE_ON_STARTUP: 'true', API_KEYS: ' one,two , ,three,', CORS_ORIGINS: 'https://a.example,https://b.example', TRUSTED_UPSTREAMS: '10.0.0.0/8, 192.168.1.1,fd00::/8'
  }), {
    PORT: 0,
    TAX_RATE: 0.19,
    RESET_DATABASE_ON_STARTUP: true,
    API_KEYS: ['one', 'two', 'three'],
    CORS_ORIGINS: ['https://a.example', 'https://b.example'],
    TRUSTED_UPSTREAMS: ['10.0.0.0/8', '192.168.1.1', 'fd00::/8']
  })
  t.same(loadConfig({ API_KEYS: ' , ' }).API_KEYS, [], 'a list of nothing is empty')
})

t.test('all faults at once, each with its name', async (t) => {
  const faults = {
    NODE_ENV: 'staging',
    PORT: '70000',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://shop',
    DATABASE_POOL_MAX: '0',
    RESET_DATABASE_ON_STARTUP: 'perhaps',
    USER_UUID_NAMESPACE: 'no-uuid',
    ACCESS_TOKEN_EXPIRE_MINUTES: 'soon',
    TRUSTED_UPSTREAMS: '10.0.0.0/33,example.com',
    CORS_ORIGINS: 'shop.example',
    LOGIN_RATE_LIMIT: '-1',
    RATE_LIMIT: '-1',
    SMTP_URL: 'mail.example',
    PUBLIC_URL: 'localhost',
    REMINDER_CRON: 'hourly',
    RABBITMQ_URL: 'http://rabbit',
    TAX_RATE: '8%',
    SHIPPING_COST: '-1'
  }
  const text = complaint(faults)
  for (const name of Object.keys(faults)) t.match(text, new RegExp(`^  - ${name} `, 'm'), name)
  t.match(text, /NODE_ENV must be one of development, test, production/)
  t.match(text, /LOG_LEVEL must be one of .*info/)
  t.match(text, /10\.0\.0\.0\/33/)
  t.match(text, /example\.com/)
  t.equal(text.split('\n').filter((line) => line.startsWith('  - ')).length, Object.keys(faults).length + 1, 'one line for each')
})

t.test('REMINDER_CRON has fields that pg-boss can read', async (t) => {
  for (const cron of ['60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '0-75 * * * *', '5,99/2 * * * *']) {
    t.match(complaint({ REMINDER_CRON: cron }), /^ {2}- REMINDER_CRON has a (minute|hour|day|month|weekday) /m, cron)
  }
  for (const cron of ['* * * * *', '*/90 * * * *', '0,30 8-17 1 1-12/2 7', '0 9 * JAN MON-FRI']) t.equal(complaint({ REMINDER_CRON: cron }), '', cron)
})

t.test('no value that may be a secret is repeated', async (t) => {
  const text = complaint({ NODE_ENV: 'production', SECRET_KEY: 'hunter2', DATABASE_URL: 'http://shop:hunter2@db', SMTP_URL: 'hunter2', RABBITMQ_URL: 'hunter2', PORT: 'hunter2' })
  t.match(text, /SECRET_KEY/)
  t.notMatch(text, /hunter2/)
})

t.test('production', async (t) => {
  t.match(loadConfig(production), { NODE_ENV: 'production', SEED_DIR: '', TRUSTED_UPSTREAMS: [] }, 'loads no demo data and trusts nobody')
  const text = complaint({ NODE_ENV: 'production' })
  for (const name of ['DATABASE_URL', 'API_KEYS', 'SECRET_KEY']) t.match(text, new RegExp(`^  - ${name} `, 'm'), `refuses to start without ${name}`)
  t.match(complaint({ ...production, SECRET_KEY: 'short' }), /SECRET_KEY must have 32 characters/)
  t.equal(loadConfig({ SECRET_KEY: 'short' }).SECRET_KEY, 'short', 'on a developer’s machine any will do')
  t.match(complaint({ ...production, RESET_DATABASE_ON_STARTUP: 'true' }), /ALLOW_RESET/)
  t.match(loadConfig({ ...production, RESET_DATABASE_ON_STARTUP: 'true', ALLOW_RESET: 'true' }), { RESET_DATABASE_ON_STARTUP: true })
  t.equal(complaint({ ...production, NODE_ENV: 'development', RESET_DATABASE_ON_STARTUP: 'true' }), '', 'in development a reset needs no permission')
})

t.test('what is no setting is left alone', async (t) => {
  t.notOk('PATH' in loadConfig({ PATH: '/bin', npm_config_x: '1' }))
})

t.test('a development machine keeps the secret key it made', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  const key = keptSecretKey(dataDir)
  t.ok(key.length >= 32, 'long enough for SECRET_KEY')
  t.equal(keptSecretKey(dataDir), key, 'the same at the next start')
  t.equal(statSync(join(dataDir, 'secret-key')).mode & 0o777, 0o600, 'for its owner only')
  t.not(keptSecretKey(join(t.testdir(), 'elsewhere')), key, 'another folder, another key')
})

t.test('CORS_ORIGINS are origins, or *, but not in production', async (t) => {
  for (const origin of ['https://shop.example/', 'https://shop.example/shop', 'shop.example', 'https://SHOP.example', 'https://*.example', 'null', 'file:///x', 'https://u:p@shop.example']) {
    t.ok(complaint({ CORS_ORIGINS: `https://ok.example,${origin}` }).includes(`CORS_ORIGINS has an entry that is no origin such as https://shop.example: ${origin}`), origin)
  }
  t.same(loadConfig({ CORS_ORIGINS: '*' }).CORS_ORIGINS, ['*'])
  t.match(complaint({ ...production, CORS_ORIGINS: '*' }), 'CORS_ORIGINS must name each origin in production, not *')
  t.equal(complaint({ ...production, CORS_ORIGINS: 'https://shop.example,http://localhost:5173,https://[::1]:8443' }), '')
})

t.test('TRUSTED_UPSTREAMS are addresses or ranges, and nothing half written', async (t) => {
  for (const range of ['10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/x', '10.0.0', '/8', 'fd00::/129', 'localhost']) {
    t.match(complaint({ TRUSTED_UPSTREAMS: range }), `TRUSTED_UPSTREAMS has an entry that is no address or CIDR range: ${range}`)
  }
  const isTrusted = addressMatcher(['10.0.0.0/8', '192.168.1.1', 'fd00::/8', '::1'])
  for (const address of ['10.255.0.1', '::ffff:10.0.0.1', '192.168.1.1', 'fd12::1', '::1']) t.ok(isTrusted(address), address)
  for (const address of ['11.0.0.1', '::ffff:11.0.0.1', '192.168.1.2', 'fe80::1', '::2', '', 'x', '10.0.0.1, 10.0.0.2']) t.notOk(isTrusted(address), address)
  t.notOk(addressMatcher([])('127.0.0.1'))
})
