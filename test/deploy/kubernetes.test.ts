import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { SECRETS, Settings } from '../../plugins/settings.ts'
import { START } from '../../scripts/bench/house.ts'
import packageJson from '../../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'deploy/kubernetes')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

const kustomization = parse(read('kustomization.yaml'))
const resources: any[] = kustomization.resources.map((name: string) => parse(read(name)))
const only = (kind: string) => {
  const [found, ...more] = resources.filter((resource) => resource.kind === kind)
  if (!found || more.length > 0) throw new Error(`not one ${kind}`)
  return found
}
const deployment = only('Deployment')
const job = only('Job')
const autoscaler = only('HorizontalPodAutoscaler')
const pods = [deployment, job].map(({ spec }) => spec.template)
const [gateway, migration] = pods.map(({ spec }) => spec.containers[0])
const settings = parseEnv(read('settings.env')) as Record<string, string>
/** What kustomize adds to all labels and selectors but those of network policies. */
const [{ pairs: common }] = kustomization.labels

t.test('the kustomization is complete', async (t) => {
  t.same([...kustomization.resources, 'kustomization.yaml', ...kustomization.configMapGenerator[0].envs].sort(),
    readdirSync(folder).sort())
  t.equal(kustomization.images[0].newTag, packageJson.version)
  for (const { image } of [gateway, migration]) t.equal(image, kustomization.images[0].name)
})

t.test('selectors and names lead to what they mean', async (t) => {
  const [gateways, migrations] = pods.map(({ metadata }) => ({ ...metadata.labels, ...common }))
  const selects = (selector: object, labels: Record<string, string>) => {
    const wanted = Object.entries(selector)
    return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value)
  }
  for (const [name, selector] of Object.entries({
    Service: only('Service').spec.selector,
    Deployment: deployment.spec.selector.matchLabels,
    PodDisruptionBudget: only('PodDisruptionBudget').spec.selector.matchLabels,
    topologySpreadConstraints: deployment.spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels
  })) {
    t.ok(selects({ ...selector, ...common }, gateways!), `${name} selects gateways`)
    t.notOk(selects({ ...selector, ...common }, migrations!), `${name} does not select the migration`)
  }
  const policy = only('NetworkPolicy').spec.podSelector.matchLabels
  t.same(policy, common, 'the network policy is of all our pods, and of nobody else’s')

  t.match(autoscaler.spec.scaleTargetRef, { kind: 'Deployment', name: deployment.metadata.name })
  t.notHas(deployment.spec, 'replicas', 'which the autoscaler decides')
  t.ok(autoscaler.spec.minReplicas >= 2)
  for (const { spec } of pods) {
    t.equal(spec.serviceAccountName, only('ServiceAccount').metadata.name)
    t.equal(spec.containers[0].envFrom[0].configMapRef.name, kustomization.configMapGenerator[0].name)
  }
  const { name, containerPort } = gateway.ports[0]
  t.equal(containerPort, Settings.properties.PORT.default)
  t.equal(only('Service').spec.ports[0].targetPort, name)
  t.equal(only('NetworkPolicy').spec.ingress[0].ports[0].port, name)
})

t.test('probes ask what each is for, at the port that is for them', async (t) => {
  const port = Number(settings.ADMIN_PORT)
  t.equal(gateway.ports.find(({ name }: { name: string }) => name === 'admin').containerPort, port)
  t.match(deployment.spec.template.metadata.annotations, {
    'prometheus.io/scrape': 'true', 'prometheus.io/port': `${port}`
  })
  const { paths } = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8'))
  for (const [probe, path] of [['startup', '/livez'], ['liveness', '/livez'], ['readiness', '/readyz']]) {
    t.match(gateway[`${probe}Probe`].httpGet, { path, port: 'admin' })
    t.ok(paths[path!], path)
  }
})

t.test('a gateway has time to drain and to close', async (t) => {
  const [, ms] = /^const CLOSE_MS = (\d+)$/m.exec(readFileSync(join(root, 'server.ts'), 'utf8'))!
  const needed = gateway.lifecycle.preStop.sleep.seconds + Number(settings.DRAIN_SECONDS) + Number(ms) / 1000
  t.ok(deployment.spec.template.spec.terminationGracePeriodSeconds > needed + 5, `${needed} s`)
  t.equal(deployment.spec.strategy.rollingUpdate.maxUnavailable, 0)
})

t.test('memory has room for the heap and the rest, and PostgreSQL for the connections', async (t) => {
  const mebibytes = (text: string) => Number(/^(\d+)Mi$/.exec(text)![1])
  const heap = Number(/--max-old-space-size=(\d+)/.exec(START.join(' '))![1])
  t.ok(mebibytes(gateway.resources.limits.memory) >= heap + 128, 'what is not the heap takes 80 MB at rest')
  t.ok(mebibytes(gateway.resources.requests.memory) > 188, 'docs/performance.md')

  const gateways = autoscaler.spec.maxReplicas + deployment.spec.strategy.rollingUpdate.maxSurge
  // docs/settings.md: 3 for jobs, 1 to watch, 2 for dry runs, 2 of pg-boss, 2 of /query; 2 for the only import there is
  // at a time. PostgreSQL keeps 3 of its 100 for superusers.
  const connections = gateways * (Number(settings.DATABASE_POOL_MAX) + 10) + 2
  t.ok(connections < 97, `${connections} connections`)
})

t.test('the settings are known, and every secret is a file of the secret', async (t) => {
  const files = SECRETS.map((name) => `${name}_FILE`)
  for (const [name, value] of Object.entries(settings)) {
    if (!files.includes(name)) {
      t.ok(name in Settings.properties && !SECRETS.includes(name), name)
      continue
    }
    for (const { spec } of pods) {
      const { name: volume } = spec.volumes.find(({ secret }: { secret?: object }) => secret)
      const { mountPath } = spec.containers[0].volumeMounts.find((mount: { name: string }) => mount.name === volume)
      t.ok(value.startsWith(`${mountPath}/`), name)
    }
  }
  for (const name of ['DATABASE_URL', 'API_KEYS', 'SECRET_KEY']) t.ok(`${name}_FILE` in settings, name)
  for (const container of [gateway, migration]) t.notHas(container, 'env')
})

t.test('pods may do nothing that a gateway does not need', async (t) => {
  for (const { spec } of pods) {
    t.match(spec, {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{
        securityContext: {
          allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }
        },
        volumeMounts: [{ mountPath: '/app/.data' }, { readOnly: true }]
      }]
    })
  }
})

t.test('the job migrates as npm run migrate does', async (t) => {
  t.equal(`exec ${migration.command.join(' ')}`, packageJson.scripts.migrate)
})
