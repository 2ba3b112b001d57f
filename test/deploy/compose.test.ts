import { execFile } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { SECRETS, Settings } from '../../plugins/settings.ts'
import { parseContainerfile } from '../../scripts/image/containerfile.ts'
import { ignoring } from '../../scripts/image/ignored.ts'

const root = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const text = read('compose.yaml')
const { services, secrets, volumes } = parse(text, { merge: true })
const { 'db-service': gateway, ...others } = services as Record<string, any>
const run = promisify(execFile)

t.test('compose.yaml starts what the gateway can talk to, and waits until it can', async (t) => {
  t.same(Object.keys(others).sort(), ['mail', 'postgres', 'rabbitmq'])
  t.same(Object.keys(gateway.depends_on).sort(), ['mail', 'postgres', 'rabbitmq'])
  const { steps } = parseContainerfile(read(gateway.build.dockerfile)).at(-1)!
  t.ok(steps.some(({ kind }) => kind === 'HEALTHCHECK'), 'the image looks after itself')
  for (const [name, { healthcheck, image }] of Object.entries(others)) {
    t.equal(gateway.depends_on[name].condition, 'service_healthy', name)
    t.equal(healthcheck.test[0], 'CMD', name)
    t.match(image, /^docker\.io\/[\w/]+:v?\d/, `${name} is of a version`)
  }
})

t.test('nothing is reachable from outside, and nothing may do more than it needs', async (t) => {
  for (const [name, service] of Object.entries<any>(services)) {
    for (const port of service.ports ?? []) t.match(port, /^127\.0\.0\.1:\d+:\d+$/, name)
    t.match(service, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }, name)
    t.ok(service.tmpfs.length > 0, name)
    if (service !== gateway) t.match(service.user, /^(?!root|0)/, name)
    for (const volume of service.volumes ?? []) t.ok(volume.split(':')[0] in volumes, `${volume} is no folder of ours`)
  }
  t.match(gateway.tmpfs[0], /^\/app\/\.data:/)
})

t.test('no credential stands in it: each is a file that secrets.sh makes up', async (t) => {
  t.notMatch(text, /\/\/[^/\s]*:[^/\s]*@/, 'no address with a password')
  const folder = t.testdir({ deploy: { compose: {} } })
  const script = join(folder, 'deploy/compose/secrets.sh')
  cpSync(join(root, 'deploy/compose/secrets.sh'), script)
  const made = async () => {
    await run('sh', [script])
    return Object.fromEntries(readdirSync(join(folder, '.secrets')).map(
      (name) => [name, readFileSync(join(folder, '.secrets', name), 'utf8')]
    ))
  }
  const files = await made()
  t.same(await made(), files, 'what is there stays')
  t.equal(statSync(join(folder, '.secrets')).mode & 0o777, 0o700)

  for (const [name, { file }] of Object.entries<any>(secrets)) {
    t.equal(file, `.secrets/${name}`)
    t.ok(files[name], `${file} is made`)
  }
  for (const [name, service] of Object.entries<any>(services)) {
    const given: string[] = service.secrets?.map((secret: any) => secret.source ?? secret) ?? []
    for (const secret of given) t.ok(secret in secrets, secret)
    for (const [variable, value] of Object.entries<string>(service.environment ?? {})) {
      if (variable.endsWith('_FILE')) t.ok(given.includes(basename(value)), `${name}: ${variable}`)
      else t.notMatch(variable, /PASS|SECRET|TOKEN|KEY/, `${name}: ${variable}`)
    }
  }
  for (const name of Object.keys(gateway.environment)) {
    t.ok(name in Settings.properties || SECRETS.some((secret) => name === `${secret}_FILE`), name)
  }

  const password = files['postgres-password']!
  t.match(password, /^[0-9a-f]{64}$/)
  t.equal(files['database-url']!.trim(), `postgres://shop:${password}@postgres:5432/shop`)
  t.equal(files['rabbitmq.conf'], `default_user = shop\ndefault_pass = ${files['rabbitmq-password']}\n`)
  t.equal(files['rabbitmq-url']!.trim(), `amqp://shop:${files['rabbitmq-password']}@rabbitmq:5672`)
  t.equal(new Set([password, files['rabbitmq-password'], files['secret-key']]).size, 3)
})

t.test('the secrets go neither into the repository nor into the image', async (t) => {
  t.match(read('.gitignore'), /^\.secrets\/$/m)
  const isIgnored = ignoring(read('.dockerignore'))
  for (const path of ['.secrets/database-url', '.env', '.git/config', 'node_modules/x', 'test/run.ts']) {
    t.ok(isIgnored(path), path)
  }
})
