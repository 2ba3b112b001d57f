import t from 'tap'
import { loadConfig } from '../../plugins/settings.ts'
import { secretMask } from '../../common/secrets.ts'

t.test('secrets of the settings are masked in every form a text may have them in', async (t) => {
  const mask = secretMask(loadConfig({
    API_KEYS: 'first-key,first-key-longer',
    ADMIN_API_KEYS: 'admin-"key"',
    SECRET_KEY: 'a secret for tests, of 32 characters or more',
    DATABASE_URL: 'postgres://shop:p%40ss%2Fword@one:5432,two:5432/shop',
    QUERY_DATABASE_URL: 'postgres://shop:broken%25zz@one/shop',
    SMTP_URL: 'smtp://mailer:mail-secret@mail',
    RABBITMQ_URL: 'amqp://rabbitmq:rabbitmq@broker'
  }))
  const texts: Record<string, string> = {
    'key first-key-longer or first-key': 'key *** or ***',
    '{"msg":"admin-\\"key\\""}': '{"msg":"***"}',
    'a secret for tests, of 32 characters or more': '***',
    'postgres://shop:p%40ss%2Fword@one:5432,two:5432/shop': 'postgres://shop:***@one:5432,two:5432/shop',
    'it was p@ss/word or broken%zz': 'it was *** or ***',
    [`AUTH PLAIN ${Buffer.from('\0mailer\0mail-secret').toString('base64')}, ${Buffer.from('mail-secret')
      .toString('base64')}`]: 'AUTH PLAIN ***, ***',
    'rabbitmq is away': 'rabbitmq is away',
    'shop, mailer': 'shop, mailer'
  }
  for (const [text, masked] of Object.entries(texts)) t.equal(mask(text), masked)
})
