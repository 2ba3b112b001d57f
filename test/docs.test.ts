import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { ERRORS, type ErrorCode } from '../common/problems.ts'
import { SECRETS, Settings } from '../plugins/settings.ts'
import { freshDatabase } from './helper.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Every file and folder of the repository, relative to it; folders end with a slash. */
const paths = list(root)
const pages = paths.filter((path) => path.endsWith('.md'))

function list (folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    const name = relative(root, path)
    if (!entry.isDirectory()) return [name]
    if (entry.name === 'node_modules' || /^\.(?!ci)/.test(entry.name)) return []
    return [`${name}/`, ...list(path)]
  })
}

/** What GitHub calls a heading in a link. */
const slug = (heading: string) =>
  heading.toLowerCase().replaceAll('`', '').replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-')
const headings = (text: string) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!))
const withoutCode = (text: string) => text.replace(/^```[^]*?^```/gm, '')

t.test('every link of the documents leads somewhere', async (t) => {
  const faults: string[] = []
  let links = 0
  for (const page of pages) {
    for (const [, target] of withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue
      const [path, anchor] = target!.split('#')
      const file = path === '' ? page : join(dirname(page), path!)
      links++
      if (!existsSync(join(root, file))) faults.push(`${page}: ${target} is not there`)
      else if (anchor && !headings(read(file)).includes(anchor)) faults.push(`${page}: ${target} has no such heading`)
    }
  }
  t.same(faults, [])
  t.ok(links > 50, `${links} links`)
})

t.test('every path that the documents name exists', async (t) => {
  const top = new Set(paths.map((path) => path.split('/')[0]!))
  const faults: string[] = []
  let named = 0
  for (const page of pages) {
    for (const [, text] of withoutCode(read(page)).matchAll(/`([^`\s]+)`/g)) {
      const isPath = /^[\w.<>*/-]+$/.test(text!) && !text!.startsWith('/') &&
        (top.has(text!.split('/')[0]!) || /\w\.(ts|js|sql|md|yaml|svg)$/.test(text!))
      if (!isPath) continue
      named++
      // <domain> stands for any name; a bare file name for a file anywhere, or beside a page that is not at the top.
      const form = text!.replace(/[.]/g, '\\.').replace(/<[\w-]+>|\*/g, '[^/]+').replace(/\/$/, '')
      const local = dirname(page) === '.' ? '' : `${dirname(page)}/`
      const fits = new RegExp(text!.includes('/') ? `^(${local})?${form}/?$` : `(^|/)${form}/?$`)
      if (!paths.some((path) => fits.test(path)) && !existsSync(join(root, local, text!))) {
        faults.push(`${page}: ${text}`)
      }
    }
  }
  t.same(faults, [])
  t.ok(named > 80, `${named} paths`)
})

t.test('the README is short', async (t) => {
  t.ok(read('README.md').split('\n').length < 150)
})

t.test('15 scripts at most, and what the documents and scripts call by npm run is one of them', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  t.ok(Object.keys(scripts).length <= 15, `${Object.keys(scripts).length} scripts`)
  const callers = paths.filter((path) => /^(scripts\/.*\.ts|\.ci\/run|.*\.ya?ml|.*\.md)$/.test(path))
  const calls = callers.flatMap((path) => [...read(path).matchAll(/npm run ([a-z]+(?::[a-z]+)?)/g)].map(
    ([, name]) => ({ path, name: name! })
  ))
  t.ok(calls.length > 30, `${calls.length} calls`)
  t.same(calls.filter(({ name }) => !(name in scripts)), [])
})

t.test('docs/errors.md has each error code once, below its status, and no other', async (t) => {
  const found = read('docs/errors.md').split(/^## /m).slice(1).flatMap((section) =>
    [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => ({ code: code!, title: section.split('\n')[0]! })))
  t.same(found.map(({ code }) => code).sort(), Object.keys(ERRORS).sort())
  const misplaced = found.filter(({ code, title }) => !title.includes(String(ERRORS[code as ErrorCode]?.[0])))
  t.same(misplaced, [])
})

t.test('docs/settings.md and .env.example have each setting with its default, and no other', async (t) => {
  const rows = new Map([...read('docs/settings.md').matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)].map(
    ([, name, value]) => [name!, value!]
  ))
  const lines = new Map([...read('.env.example').matchAll(/^(#?)([A-Z_]+)=(.*)$/gm)].map(
    ([, mark, name, value]) => [name!, mark ? null : value!]
  ))
  const settings = Object.entries<{ default?: unknown }>(Settings.properties)
  const names = settings.map(([name]) => name).sort()
  t.same([...rows.keys()].sort(), names)
  t.same([...lines.keys()].sort(), names)
  for (const [name, { default: value }] of settings) {
    if (value === undefined || String(value) === '') continue
    t.ok([String(value), `\`${String(value)}\``].some((form) => rows.get(name)!.startsWith(form)),
      `${name} in docs/settings.md`)
    t.equal(lines.get(name), String(value), `${name} in .env.example`)
  }
  for (const name of SECRETS) {
    t.ok(read('docs/settings.md').includes(`\`${name}_FILE\``), name)
    t.ok(read('.env.example').includes(`${name}_FILE`), name)
  }
})

t.test('the diagrams of docs/architecture.md are those of the database', async (t) => {
  const sql = postgres(await freshDatabase(t), { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  const page = read('docs/architecture.md')

  await t.test('tables and columns', async (t) => {
    const columns = await sql<{ table: string, column: string }[]>`
      select table_schema || '.' || table_name as table, column_name as column from information_schema.columns
      join information_schema.tables using (table_schema, table_name)
      where table_type = 'BASE TABLE' and table_schema in ('users', 'products', 'orders', 'gateway')`
    const tables = Map.groupBy(columns, ({ table }) => table)
    for (const [, table, body] of page.matchAll(/^ {2}"([\w.]+)" \{\n([^}]+)\}/gm)) {
      for (const [, column] of body!.matchAll(/^ +\w+ (\w+)/gm)) {
        t.ok(tables.get(table!)?.some((known) => known.column === column), `${table}.${column}`)
      }
    }
    t.same([...tables.keys()].filter((table) => !page.includes(table)), [], 'no table is left out')
  })

  await t.test('the status machine', async (t) => {
    const allowed = await sql<{ from: string, to: string }[]>`
      select from_status as from, to_status as to from orders.status_transitions`
    const [, diagram = ''] = page.split('stateDiagram-v2')
    const steps = ['pending', 'paid', 'confirmed', 'processing', 'shipped', 'delivered']
    const shown = [...diagram.split('```')[0]!.matchAll(/^ +(\w+) --> (\w+)$/gm)].map(([, from, to]) => `${from} ${to}`)
    // The page says in words that steps may be skipped.
    const skipped = steps.flatMap((from, n) => steps.slice(n + 2).map((to) => `${from} ${to}`))
    t.same([...shown, ...skipped].sort(), allowed.map(({ from, to }) => `${from} ${to}`).sort())
  })
})
