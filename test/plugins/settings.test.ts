import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig } from '../../plugins/settings.ts'
import { addressMatcher } from '../../plugins/settings-checks.ts'
import { readEnvFile } from '../../plugins/settings-sources.ts'
import { keptSecretKey } from '../../secret-key.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop:secret@db/shop',
  API_KEYS: 'a-key-of-16-chars',
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

t.test('REMINDER_CRON is a time that comes', async (t) => {
  const never = [
    '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '0-75 * * * *', '5,99/2 * * * *', '0 0 31 2 *',
    '0 0 31 4,6,9,11 *', 'a b c d e'
  ]
  for (const cron of never) {
    t.match(complaint({ REMINDER_CRON: cron }), /^ {2}- REMINDER_CRON is no time that ever comes: \w/m, cron)
  }
  for (const cron of ['* * * * *', '*/90 * * * *', '0,30 8-17 1 1-12/2 7', '0 9 * JAN MON-FRI', '0 0 29 2 *']) {
    t.equal(complaint({ REMINDER_CRON: cron }), '', cron)
  }
})

t.test('addresses that cannot be read are named with their setting, and never repeated', async (t) => {
  const addresses = {
    DATABASE_URL: [
      'postgres://u:hunter2@h:port/d', 'postgres://u:hunter2@h:0/d', 'postgres://u:hunter2@h:65536/d',
      'postgres://u:hunter2%zz@h/d', 'postgres://u:hun/ter2@h/d', 'postgres://u:hun#ter2@h/d',
      'postgres://u:hunter2@one:5432,two:x/d', 'postgres://u:hunter2@h/d?sslmode=always',
      'postgres://u:hunter2@h/d?sslmode=', 'postgresql://u:hunter2@h h/d'
    ],
    READ_DATABASE_URL: [
      'postgres://u:hunter2@h/d?sslmode=no', 'postgres://h/d,postgres://u:hunter2@h:0/d', 'postgres://h/d,hunter2'
    ],
    QUERY_DATABASE_URL: ['postgres://u:hunter2@h/d?sslmode=ssl'],
    SMTP_URL: [
      'smtp://u:hunter2@h:0', 'smtp://u:hunter2@h:99999', 'smtp://u:hunter2@:25', 'smtp://u:1#hunter2@h',
      'smtps://u:hunter2%@h'
    ],
    RABBITMQ_URL: ['amqp://u:hunter2@h:70000', 'amqps://u:hunter2@h:x', 'amqp://u:hunter2@h/%zz', 'amqp://'],
    PUBLIC_URL: ['http://', 'https://u:hunter2@h:x']
  }
  for (const [name, faulty] of Object.entries(addresses)) {
    for (const address of faulty) {
      const text = complaint({ [name]: address })
      t.match(text, new RegExp(`^  - ${name} (cannot be read|has )`, 'm'), address)
      t.notMatch(text, /hun#?\/?ter2/, address)
    }
  }
  for (const address of [
    'postgres://h', 'postgres://u:p%40@h:5433/d?sslmode=require', 'postgresql://u@[::1]:5432/d?application_name=x',
    'postgres://u:p@one,two:5433/d?target_session_attrs=primary', 'postgres:///d?host=/run/postgresql'
  ]) {
    t.equal(complaint({ DATABASE_URL: address }), '', address)
  }
  t.same(loadConfig({ READ_DATABASE_URL: 'postgres://one,two/d, postgresql://three/d' }).READ_DATABASE_URL,
    ['postgres://one,two/d', 'postgresql://three/d'], 'a list of addresses, each of which may name several hosts')
})

t.test('every secret can come as the path of a file', async (t) => {
  const dir = t.testdir({
    keys: 'one-key-of-16-chars,another-of-16-chars\n',
    lines: 'one-key-of-16-chars\r\nanother-of-16-chars\r\n',
    url: 'postgres://u:p@h/d\n',
    empty: '\n'
  })
  const both = ['one-key-of-16-chars', 'another-of-16-chars']
  for (const file of ['keys', 'lines']) {
    t.same(loadConfig({ API_KEYS_FILE: join(dir, file), ADMIN_API_KEYS_FILE: join(dir, file) }), {
      ...loadConfig({}), API_KEYS: both, ADMIN_API_KEYS: both
    })
  }
  t.match(loadConfig({ DATABASE_URL_FILE: join(dir, 'url'), READ_DATABASE_URL_FILE: join(dir, 'url') }), {
    DATABASE_URL: 'postgres://u:p@h/d', READ_DATABASE_URL: ['postgres://u:p@h/d']
  })
  t.equal(loadConfig({ SECRET_KEY_FILE: join(dir, 'keys') }).SECRET_KEY, 'one-key-of-16-chars,another-of-16-chars')
  for (const name of [
    'API_KEYS', 'ADMIN_API_KEYS', 'SECRET_KEY', 'DATABASE_URL', 'READ_DATABASE_URL', 'QUERY_DATABASE_URL', 'SMTP_URL',
    'RABBITMQ_URL'
  ]) {
    for (const path of [join(dir, 'nowhere'), dir, join(dir, 'empty')]) {
      t.match(complaint({ [`${name}_FILE`]: path }),
        new RegExp(`^  - ${name}_FILE (cannot be read|names an empty file)`, 'm'), `${name}: ${path}`)
    }
    t.match(complaint({ [name]: 'x', [`${name}_FILE`]: join(dir, 'url') }), `- ${name} and ${name}_FILE are both set`)
  }
  t.match(complaint({ SMTP_URL_FILE: join(dir, 'url') }), '- SMTP_URL must match pattern',
    'what is in it is checked as ever')
  t.match(complaint({ PORT_FILE: join(dir, 'url') }), '', 'what is no secret has no file')
})

t.test('.env: what Node would pass over in silence is named by its line', async (t) => {
  const read = (content: string | Buffer) => {
    const file = join(t.testdir({}), '.env')
    writeFileSync(file, content)
    const env: NodeJS.ProcessEnv = { SET: 'before' }
    return { faults: readEnvFile(file, env).map((fault) => fault.replace(file, '.env')), env }
  }
  const good = read(
    '\uFEFFPORT=1\n# a comment = "\n\nexport A=b # c\nSET=after\nKEY="first\nsecond="\nEMPTY=\n  X = \'y\'\r\nURL=a"b\n'
  )
  t.same(good.faults, [])
  t.match(good.env, { PORT: '1', A: 'b', SET: 'before', KEY: 'first\nsecond=', EMPTY: '', X: 'y' })
  t.match(read('PORT=1\nno assignment\nKEY="a\nb"\n: x').faults, [/^\.env, line 2, /, /^\.env, line 5, /])
  t.match(read('A=1\nKEY="never ends\nB=2').faults, [/^\.env, line 2, .*quotes/])
  t.match(read(Buffer.from('PORT=1', 'utf16le')).faults, [/no UTF-8 text/])
  mkdirSync(join(t.testdirName, 'folder'))
  t.match(readEnvFile(join(t.testdirName, 'folder'), {}), [/cannot be read: EISDIR/])
  t.same(readEnvFile(join(t.testdirName, 'nowhere'), {}), [])
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

t.test('a development machine keeps the secret key it made', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  const key = keptSecretKey(dataDir)
  t.ok(key.length >= 32, 'long enough for SECRET_KEY')
  t.equal(keptSecretKey(dataDir), key, 'the same at the next start')
  t.equal(statSync(join(dataDir, 'secret-key')).mode & 0o777, 0o600, 'for its owner only')
  t.not(keptSecretKey(join(t.testdir(), 'elsewhere')), key, 'another folder, another key')
})

t.test('CORS_ORIGINS are origins, or *, but not in production', async (t) => {
  for (const origin of [
    'https://shop.example/', 'https://shop.example/shop', 'shop.example', 'https://SHOP.example', 'https://*.example',
    'null', 'file:///x', 'https://u:p@shop.example'
  ]) {
    t.ok(complaint({ CORS_ORIGINS: `https://ok.example,${origin}` })
      .includes(`CORS_ORIGINS has an entry that is no origin such as https://shop.example: ${origin}`), origin)
  }
  t.same(loadConfig({ CORS_ORIGINS: '*' }).CORS_ORIGINS, ['*'])
  t.match(complaint({ ...production, CORS_ORIGINS: '*' }), 'CORS_ORIGINS must name each origin in production, not *')
  t.equal(complaint({ ...production, CORS_ORIGINS: 'https://shop.example,http://localhost:5173,https://[::1]:8443' }),
    '')
})

t.test('TRUSTED_UPSTREAMS are addresses or ranges, and nothing half written', async (t) => {
  for (const range of ['10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/x', '10.0.0', '/8', 'fd00::/129', 'localhost']) {
    t.match(complaint({ TRUSTED_UPSTREAMS: range }),
      `TRUSTED_UPSTREAMS has an entry that is no address or CIDR range: ${range}`)
  }
  const isTrusted = addressMatcher(['10.0.0.0/8', '192.168.1.1', 'fd00::/8', '::1'])
  for (const address of ['10.255.0.1', '::ffff:10.0.0.1', '192.168.1.1', 'fd12::1', '::1']) {
    t.ok(isTrusted(address), address)
  }
  for (const address of [
    '11.0.0.1', '::ffff:11.0.0.1', '192.168.1.2', 'fe80::1', '::2', '', 'x', '10.0.0.1, 10.0.0.2'
  ]) {
    t.notOk(isTrusted(address), address)
  }
  t.notOk(addressMatcher([])('127.0.0.1'))
})
