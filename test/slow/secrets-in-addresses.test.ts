import postgres from 'postgres'
import t from 'tap'
import { startGateway } from '../gateway.ts'
import { dropRole, freshDatabase } from '../helper.ts'
import { findings, passwords } from './canaries.ts'

t.setTimeout(180_000)

t.test('passwords in the addresses of databases stay there, whether they are right, wrong, or for nobody',
  async (t) => {
    const home = await freshDatabase(t)
    const url = new URL(home)
    const role = `canary_${process.pid}`
    const admin = postgres(home, { max: 1, onnotice: () => {} })
    await admin.unsafe(`create role ${role} login superuser password '${passwords.database}'`)
    t.teardown(async () => { await admin.end(); await dropRole(home, role) })
    url.username = role
    url.password = passwords.database
    const right = url.href
    url.password = passwords.wrong
    const wrong = url.href
    const away = `postgres://somebody:${passwords.next}@127.0.0.1:1/nothing`
    const outputs: string[] = []
    const starts: Record<string, string>[] = [
      { DATABASE_URL: wrong }, { DATABASE_URL: away },
      { DATABASE_URL: right, QUERY_DATABASE_URL: wrong, READ_DATABASE_URL: away },
      {
        DATABASE_URL: right,
        READ_DATABASE_URL: wrong,
        SMTP_URL: `smtp://u:${passwords.smtp}@127.0.0.1:1`,
        RABBITMQ_URL: `amqp://u:${passwords.amqp}@127.0.0.1:1`
      }
    ]
    for (const settings of starts) {
      const gateway = await startGateway(t, { LOG_LEVEL: 'trace', DATA_DIR: t.testdir(), ...settings })
      if (gateway.url !== '') {
        for (const path of ['/products', '/health', '/metrics']) {
          outputs.push(await (await fetch(gateway.url + path)).text())
        }
        gateway.process.kill('SIGTERM')
      }
      await gateway.ended
      outputs.push(gateway.output())
    }
    t.strictSame(findings('the output', outputs.join('\n'), Object.values(passwords)), [])
    // A server may trust its own machine, whatever the password.
    const client = postgres(wrong, { max: 1 })
    const isAsked = await client`select 1`.then(() => false, () => true)
    await client.end()
    t.equal(outputs.filter((output) => output.includes('could not start')).length, isAsked ? 2 : 1)
  })
