import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')

/** The rooms of the house: what stands outside of them is the top floor, which all may import. */
const ROOMS = ['common', 'database', 'packages', 'plugins', 'routes', 'scripts', 'seeds', 'sql', 'test']

const sources = globSync(['*.ts', '{common,database,packages,plugins,routes,scripts,seeds}/**/*.ts'], {
  cwd: root, exclude: ['**/node_modules/**']
}).sort()

/** What each file imports of ours, types included: relative to the repository. */
const imports = new Map(sources.map((file) => {
  const text = readFileSync(join(root, file), 'utf8')
  const named = [
    ...text.matchAll(/^(?:import|export)\b[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm)
  ]
  return [file, named.map(([, from, bare, dynamic]) => join(dirname(file), (from ?? bare ?? dynamic)!))] as const
}))

/** A way from a file back to itself over its imports, if there is one. */
function circleAt (start: string): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const open = [start]
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) {
        const way = [start]
        for (let step = file; step !== start; step = cameFrom.get(step)!) way.unshift(step)
        return [start, ...way]
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, file)
        open.push(next)
      }
    }
  }
}

/** Every import for which a rule says why it must not be. */
const forbidden = (rule: (file: string, imported: string) => boolean) =>
  [...imports].flatMap(
    ([file, all]) => all.filter((imported) => rule(file, imported)).map((imported) => `${file} imports ${imported}`)
  )

const domainOf = (file: string) => /^routes\/(?!faces\/)([\w-]+)\//.exec(file)?.[1]

t.test('what is checked here is there', async (t) => {
  for (const room of ROOMS) t.ok(existsSync(join(root, room)), `${room}/`)
  t.ok(sources.length > 100, `${sources.length} files`)
  t.ok([...imports.values()].flat().length > 400, 'and their imports')
  t.same([...new Set([...imports.values()].flat())].filter((file) => !existsSync(join(root, file))), [],
    'every import leads to a file')
})

t.test('no import leads in a circle, types included', async (t) => {
  const circles = sources.map(circleAt).filter((circle) => circle !== undefined)
  t.same(circles.map((circle) => circle.join(' → ')), [])
})

t.test('an import leads down: map, domains, plugins, database', async (t) => {
  t.same(forbidden((file, imported) => file.startsWith('plugins/') && imported.startsWith('routes/')), [],
    'a plugin knows no domain')
  // The settings are plain data.
  const above = /^(routes|plugins\/(?!settings\.ts$))/
  t.same(forbidden((file, imported) => /^(common|database)\//.test(file) && above.test(imported)), [],
    'what all use, and the way to PostgreSQL, know no plugin')
  t.same(forbidden((file, imported) => !/^(scripts|test)\//.test(file) && imported.startsWith('scripts/')), [],
    'nothing needs a script')
  t.same(forbidden((file, imported) => !/^scripts\/|\/test\//.test(file) && imported.startsWith('test/')), [],
    'nothing but scripts needs a test')
})

t.test('a domain knows of another only its plugin and its shapes', async (t) => {
  t.same(forbidden((file, imported) => {
    const [own, other] = [domainOf(file), domainOf(imported)]
    return own !== undefined && other !== undefined && own !== other && !/\/(index|schema)\.ts$/.test(imported)
  }), [])
})

t.test('no file has more than 250 lines', async (t) => {
  const all = globSync(['*.ts', `{${ROOMS.join()}}/**/*.{ts,js,sql}`], {
    cwd: root, exclude: ['**/node_modules/**', 'plugins/assets/**', 'sql/schema.sql']
  })
  t.ok(all.filter((file) => file.endsWith('.sql')).length > 100, 'SQL included')
  const long = all.map((file) => [file, readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length] as const)
    .filter(([, lines]) => lines > 250)
  t.same(long.map(([file, lines]) => `${file}: ${lines} lines`), [])
})

/** Written out by a script, handed out before lines had a bound, or kept as it was measured. */
const AS_IT_IS = ['sql/schema.sql', 'sql/migrations/00{[0-2]?,30}.*', 'scripts/bench/reference/**']

t.test('no line of SQL has more than 120 characters; of TypeScript, lint holds it', async (t) => {
  const all = globSync(`{${ROOMS.join()}}/**/*.sql`, {
    cwd: root, exclude: ['**/node_modules/**', ...AS_IT_IS]
  })
  t.ok(all.length > 150, `${all.length} files`)
  const long = all.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n')
    .flatMap((line, n) => [...line].length > 120 ? [`${file}:${n + 1}`] : []))
  t.same(long, [])
})
