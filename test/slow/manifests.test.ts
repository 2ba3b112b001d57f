import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { installPython } from './python.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
/** The schemas of Kubernetes 1.37, and of the Compose specification. */
const VALIDATORS = ['kubernetes-validate==1.37.0', 'check-jsonschema==0.39.0']

t.setTimeout(600_000)

const folder = t.testdir()
const { bin, skip } = await installPython(folder, ...VALIDATORS)

t.test('every manifest is what Kubernetes takes, to the last property', { skip }, async (t) => {
  const validate = async (file: string) => await run(join(bin, 'kubernetes-validate'), ['--strict', file])
    .then(() => '', ({ stdout, stderr }) => `${stdout}${stderr}`)
  const manifests = join(root, 'deploy/kubernetes')
  const files = readdirSync(manifests).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
  t.ok(files.length >= 7, `${files.length} manifests`)
  for (const file of files) t.equal(await validate(join(manifests, file)), '', file)

  const faulty = join(folder, 'faulty.yaml')
  const text = readFileSync(join(manifests, 'deployment.yaml'), 'utf8')
  writeFileSync(faulty, text.replace('failureThreshold', 'failures'))
  t.match(await validate(faulty), /failures/, 'and a property that is none is found')
})

t.test('compose.yaml is what Compose takes', { skip }, async (t) => {
  const validate = async (file: string) => await run(join(bin, 'check-jsonschema'), [
    '--builtin-schema', 'vendor.compose-spec', file
  ]).then(() => '', ({ stdout, stderr }) => `${stdout}${stderr}`)
  t.equal(await validate(join(root, 'compose.yaml')), '')

  const faulty = join(folder, 'compose.yaml')
  writeFileSync(faulty, readFileSync(join(root, 'compose.yaml'), 'utf8').replace('read_only', 'readonly'))
  t.match(await validate(faulty), /readonly/, 'and a property that is none is found')
})
