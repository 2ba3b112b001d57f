import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { brokerAbsent, openBroker } from '../broker.ts'
import { all, until } from '../checks.ts'
import { freshDatabase, openOwnShop, type Shop } from '../helper.ts'
import { openMailServer } from '../mail-server.ts'
import { typesOf, valuesOf } from '../metrics.ts'

const root = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const rulesFile = join(root, 'deploy/prometheus/rules.yaml')
const { groups } = parse(readFileSync(rulesFile, 'utf8'))
const rules: { alert?: string, record?: string, expr: string, labels?: Record<string, string> }[] =
  groups.flatMap((group: any) => group.rules)
const dashboard = JSON.parse(read('deploy/grafana/dashboard.json'))
const panels: { title: string, type: string, targets: { expr: string }[] }[] = dashboard.panels
  .filter(({ type }: { type: string }) => type !== 'row')
const documented = [...read('docs/watching.md').matchAll(/^\| `((?:db_service|http)_\w+)`/gm)].map(([, name]) => name!)

/** Prometheus' own tool, from Debian's package prometheus. */
const promtool = (args: string[], input?: string) => spawnSync('promtool', args, { encoding: 'utf8', input })
const skip = promtool(['--version']).error ? 'promtool is not installed: apt-get install prometheus' : false

/** What an expression asks for: names that are no function, label, or word of the language, nor in quotes. */
function metricsIn (expr: string): string[] {
  const bare = expr.replace(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring) *\([^)]*\)/g, ' ')
  return [...bare.matchAll(/[a-z_]\w*(?::\w+)*(?!\w*\s*\()/gi)].map(([name]) => name)
    .filter((name) => !/^(by|on|or|and|unless|without|vector|bool)$/.test(name) && name.includes('_'))
}

/** A gateway with everything that can be measured; for a replica any server will do that responds. */
async function openFull (t: Test): Promise<Shop> {
  const [url, mail] = [await freshDatabase(t), await openMailServer(t)]
  const broker = await brokerAbsent() ? undefined : await openBroker(t)
  return await openOwnShop(t, { DATABASE_URL: url, READ_DATABASE_URL: url, ...mail.settings, ...broker?.settings })
}

t.test('what the dashboard, the rules and the documentation name is in a real scrape', async (t) => {
  const { call } = await openFull(t)
  await call('GET', '/departments')
  // Those who wait for a connection, and a look at the laws, bring the last of them.
  await Promise.all(Array.from({ length: 60 }, async () => await call('GET', '/users?limit=100')))
  await call('GET', '/api/v1/invariants')
  let scrape = ''
  const isComplete = async () => {
    scrape = (await call('GET', '/metrics')).text
    return /^db_service_mail_up 1$/m.test(scrape) && /^db_service_replica_up/m.test(scrape)
  }
  await until(isComplete, 'the servers are asked')
  const series = new Set([...valuesOf(scrape).keys()].map((line) => line.replace(/\{.*/s, '')))
  const withoutBroker = await brokerAbsent() ? ['db_service_broker_up'] : []
  const known = new Set([...series, ...withoutBroker, ...rules.map(({ record }) => record!)])

  await t.test('rules', async (t) => {
    for (const { alert, record, expr } of rules) {
      all(t, metricsIn(expr), (name) => known.has(name), `${alert ?? record}: ${metricsIn(expr)}`)
    }
  })
  await t.test('dashboard', async (t) => {
    for (const { title, targets } of panels) {
      for (const { expr } of targets) all(t, metricsIn(expr), (name) => known.has(name), `${title}: ${metricsIn(expr)}`)
    }
  })
  await t.test('documentation: each of our own, and no other', async (t) => {
    const own = [...typesOf(scrape).keys(), ...withoutBroker].filter((name) => /^(db_service|http)_/.test(name))
    t.same(documented.sort(), [...new Set(own)].sort())
  })
  await t.test('and Prometheus finds no fault with it', { skip }, async (t) => {
    const { status, stdout, stderr } = promtool(['check', 'metrics'], scrape)
    // What the library measures of the process has names older than the convention.
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => /^(db_service|http)_/.test(line))
    t.same(ours, [])
    t.ok(status === 0 || stderr !== '', 'it was read')
  })
})

t.test('an expression that names what there is not is found', async (t) => {
  t.same(metricsIn('sum by (le) (rate(http_x_bucket{route!~"/a_b"}[5m])) > 0.1 or on () (max(no_such_metric) == 0)'),
    ['http_x_bucket', 'no_such_metric'])
})

t.test('rules do what they say', { skip }, async (t) => {
  const check = promtool(['check', 'rules', '--lint=all', '--lint-fatal', rulesFile])
  t.equal(check.status, 0, check.stdout + check.stderr)
  const tested = promtool(['test', 'rules', join(root, 'deploy/prometheus/rules.test.yaml')])
  t.equal(tested.status, 0, tested.stdout + tested.stderr)

  const folder = t.testdir()
  writeFileSync(join(folder, 'rules.test.yaml'), read('deploy/prometheus/rules.test.yaml'))
  writeFileSync(join(folder, 'rules.yaml'), read('deploy/prometheus/rules.yaml')
    .replace('max(db_service_database_up) == 0\n', 'max(db_service_database_up) == 2\n'))
  t.not(promtool(['test', 'rules', join(folder, 'rules.test.yaml')]).status, 0, 'a rule that does not is found')
})

t.test('each alarm is tried, says how bad it is, and stands in the documentation', async (t) => {
  const tried = new Set<string>(parse(read('deploy/prometheus/rules.test.yaml')).tests.flatMap((test: any) =>
    test.alert_rule_test.filter((each: any) => each.exp_alerts).map((each: any) => each.alertname)))
  const text = read('docs/watching.md')
  for (const { alert, labels } of rules.filter(({ alert }) => alert)) {
    t.ok(tried.has(alert!), `${alert} is tried`)
    t.match(labels, { severity: /^(page|ticket)$/ }, alert!)
    t.match(text, `\`${alert}\``, alert!)
  }
})

t.test('panels of the dashboard do not overlap, and each has its number', async (t) => {
  const places = dashboard.panels.map(({ gridPos }: any) => gridPos) as { x: number, y: number, w: number, h: number }[]
  const overlap = (a: typeof places[0], b: typeof places[0]) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  t.same(places.flatMap((a, at) => places.slice(at + 1).filter((b) => overlap(a, b))), [])
  const ids = dashboard.panels.map(({ id }: { id: number }) => id)
  t.equal(new Set(ids).size, ids.length)
})
