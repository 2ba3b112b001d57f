import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { brokerAbsent } from '../broker.ts'
import { some } from '../checks.ts'

const root = join(import.meta.dirname, '../..')
t.setTimeout(1_200_000)

/** Runs a drill as people do. */
const drill = (...args: string[]) => new Promise<{ code: number, text: string }>((resolve) => {
  execFile(process.execPath, ['scripts/drill.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }))
})

const names = readdirSync(join(root, 'scripts/drills')).filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
const drills = await Promise.all(names.map(async (name) => {
  const { isQuick = false }: { isQuick?: boolean } = await import(join(root, `scripts/drills/${name}.ts`))
  return { name, isQuick }
}))

for (const { name } of some(t, drills.filter(({ isQuick }) => isQuick), 'quick drills')) {
  const skip = name === 'broker-down' && await brokerAbsent()
  t.test(`npm run drill -- ${name} --short`, { skip }, async (t) => {
    const { code, text } = await drill(name, '--short')
    t.equal(code, 0, text)
    t.match(text, /HOLDS/)
  })
}

t.test('what is not understood is an error, and nothing is done', async (t) => {
  for (const args of [[], ['nonsense'], ['--all', 'history'], ['history', '--seed', 'x'], ['--nonsense']]) {
    t.equal((await drill(...args)).code, 2, args.join(' '))
  }
})
