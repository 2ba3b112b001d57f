import t from 'tap'
import { loadConfig } from '../../plugins/settings.ts'
import { complaint, production } from './complaint.ts'

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
    READ_DATABASE_URL: [],
    LOGIN_RATE_LIMIT: 60,
    RATE_LIMIT: 6000,
    MAIL_FROM: 'no-reply@localhost',
    APP_NAME: 'db-service',
    PUBLIC_URL: 'http://localhost:7000',
    REMINDER_CRON: '* * * * *',
    RABBITMQ_QUEUE: 'notifications',
    EVENT_RETENTION_DAYS: 7,
    TAX_RATE: 0.08,
    SHIPPING_COST: 10,
    FREE_SHIPPING_FROM: 100
  })
  for (const name of ['DATABASE_URL', 'QUERY_DATABASE_URL', 'SMTP_URL', 'RABBITMQ_URL', 'JWT_ISSUER'] as const) {
    t.equal(loadConfig({})[name], undefined, name)
  }
})

t.test('an empty variable is as one not set', async (t) => {
  const names = [
    'NODE_ENV', 'PORT', 'DATABASE_URL', 'API_KEYS', 'TAX_RATE', 'SECRET_KEY', 'RESET_DATABASE_ON_STARTUP',
    'USER_UUID_NAMESPACE'
  ]
  t.same(loadConfig(Object.fromEntries(names.map((name) => [name, '']))), loadConfig({}))
  t.match(complaint({ ...production, API_KEYS: '' }), /API_KEYS/)
})

t.test('values become numbers, flags and lists', async (t) => {
  t.match(loadConfig({
    PORT: '0',
    TAX_RATE: '0.19',
    RESET_DATABASE_ON_STARTUP: 'true',
    API_KEYS: ' one,two , ,three,',
    CORS_ORIGINS: 'https://a.example,https://b.example',
    TRUSTED_UPSTREAMS: '10.0.0.0/8, 192.168.1.1,fd00::/8'
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
    RABBITMQ_QUEUE: 'amq.mine',
    EVENT_RETENTION_DAYS: '0',
    MAIL_FROM: 'nobody',
    READ_DATABASE_URL: 'mysql://shop',
    TAX_RATE: '8%',
    SHIPPING_COST: '-1'
  }
  const text = complaint(faults)
  for (const name of Object.keys(faults)) t.match(text, new RegExp(`^  - ${name} `, 'm'), name)
  t.match(text, /NODE_ENV must be one of development, test, production/)
  t.match(text, /LOG_LEVEL must be one of .*info/)
  t.match(text, /10\.0\.0\.0\/33/)
  t.match(text, /example\.com/)
  t.equal(text.split('\n').filter((line) => line.startsWith('  - ')).length, Object.keys(faults).length + 1,
    'one line for each')
})

t.test('no value that may be a secret is repeated', async (t) => {
  const text = complaint({
    NODE_ENV: 'production',
    SECRET_KEY: 'hunter2',
    DATABASE_URL: 'http://shop:hunter2@db',
    SMTP_URL: 'hunter2',
    RABBITMQ_URL: 'hunter2',
    PORT: 'hunter2'
  })
  t.match(text, /SECRET_KEY/)
  t.notMatch(text, /hunter2/)
})

t.test('production', async (t) => {
  t.match(loadConfig(production), { NODE_ENV: 'production', SEED_DIR: '', TRUSTED_UPSTREAMS: [] },
    'loads no demo data and trusts nobody')
  const text = complaint({ NODE_ENV: 'production' })
  for (const name of ['DATABASE_URL', 'API_KEYS', 'SECRET_KEY']) {
    t.match(text, new RegExp(`^  - ${name} `, 'm'), `refuses to start without ${name}`)
  }
  for (const name of ['API_KEYS', 'ADMIN_API_KEYS']) {
    t.match(complaint({ ...production, [name]: 'long-enough-for-16,a' }),
      new RegExp(`^  - ${name} has an entry of fewer than 16 characters$`, 'm'), name)
    t.equal(complaint({ [name]: 'a' }), '', 'on a developer’s machine any will do')
  }
  t.match(complaint({ ...production, SECRET_KEY: 'short' }), /SECRET_KEY must have 32 characters/)
  t.equal(loadConfig({ SECRET_KEY: 'short' }).SECRET_KEY, 'short', 'on a developer’s machine any will do')
  t.match(complaint({ ...production, RESET_DATABASE_ON_STARTUP: 'true' }), /ALLOW_RESET/)
  t.match(loadConfig({ ...production, RESET_DATABASE_ON_STARTUP: 'true', ALLOW_RESET: 'true' }), {
    RESET_DATABASE_ON_STARTUP: true
  })
  t.equal(complaint({ ...production, NODE_ENV: 'development', RESET_DATABASE_ON_STARTUP: 'true' }), '',
    'in development a reset needs no permission')
})

t.test('what is no setting is left alone', async (t) => {
  t.notOk('PATH' in loadConfig({ PATH: '/bin', npm_config_x: '1' }))
})
