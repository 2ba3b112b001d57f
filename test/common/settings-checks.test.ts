import t from 'tap'
import { loadConfig } from '../../plugins/settings.ts'
import { addressMatcher } from '../../common/settings-checks.ts'
import { complaint, production } from '../plugins/complaint.ts'

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
