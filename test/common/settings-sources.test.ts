import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../plugins/settings.ts'
import { readEnvFile } from '../../common/settings-sources.ts'
import { keptSecretKey } from '../../common/secret-key.ts'
import { complaint } from '../plugins/complaint.ts'

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

t.test('a development machine keeps the secret key it made', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  const key = keptSecretKey(dataDir)
  t.ok(key.length >= 32, 'long enough for SECRET_KEY')
  t.equal(keptSecretKey(dataDir), key, 'the same at the next start')
  t.equal(statSync(join(dataDir, 'secret-key')).mode & 0o777, 0o600, 'for its owner only')
  t.not(keptSecretKey(join(t.testdir(), 'elsewhere')), key, 'another folder, another key')
})
