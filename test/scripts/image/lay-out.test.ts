import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ignoring } from '../../../scripts/image/ignored.ts'
import { CAN_CHANGE_USER, layOut, OTHER } from '../../../scripts/image/lay-out.ts'
import { changedBetween, entriesOf, makeReadOnly, makeWritable, stateOf } from '../../../scripts/image/tree.ts'

const CONTAINERFILE = `
FROM node:1 AS made
WORKDIR /work
RUN mkdir empty && echo made > made.txt

FROM node:2
WORKDIR /app
ENV WORD=image
COPY *.txt ./
COPY folder folder
COPY --from=made /work/made.txt .
COPY --from=made --chown=node:node /work/empty data
USER node
RUN ["node", "-e", "fs.writeFileSync('data/word', process.env.WORD)"]
CMD ["node", "a.txt"]
`

t.test('.dockerignore leaves out what it names, and what is below', async (t) => {
  const isIgnored = ignoring('# a comment\n.git\n*.log\nscripts/bench\n**/README.md\n')
  for (const path of ['.git', '.git/config', 'a.log', 'scripts/bench/x.ts', 'README.md', 'a/b/README.md']) {
    t.ok(isIgnored(path), path)
  }
  for (const path of ['.gitignore', 'a/b.log', 'scripts/bench.ts', 'bench', 'a/README.md.ts']) {
    t.notOk(isIgnored(path), path)
  }
  t.throws(() => ignoring('*\n!app.ts'), /an exception is not understood: !app.ts/)
})

t.test('a Containerfile is laid out as a folder', async (t) => {
  const context = t.testdir({
    Containerfile: CONTAINERFILE,
    '.dockerignore': 'secret.txt\n**/skipped\n',
    'a.txt': 'a',
    'secret.txt': '',
    folder: { b: 'b', skipped: { c: '' } },
    target: {}
  })
  const image = await layOut(context, join(context, 'target'))
  t.match(image, { base: 'node:2', env: { WORD: 'image' }, isPrivileged: false, command: ['node', 'a.txt'] })
  t.equal(image.folder, join(image.root, 'app'))
  t.same(entriesOf(image.folder).map(({ path }) => path.slice(image.folder.length)).sort(),
    ['', '/a.txt', '/data', '/data/word', '/folder', '/folder/b', '/made.txt'])
  t.equal(readFileSync(join(image.folder, 'data/word'), 'utf8'), 'image', 'RUN sees ENV')
  if (CAN_CHANGE_USER) {
    t.equal(lstatSync(join(image.folder, 'data')).uid, OTHER, 'what --chown gives away')
    t.equal(lstatSync(join(image.folder, 'data/word')).uid, OTHER, 'RUN after USER')
    t.equal(lstatSync(join(image.folder, 'a.txt')).uid, process.getuid!())
  }

  const data = join(image.folder, 'data')
  makeReadOnly(image.root, data)
  const before = stateOf(image.root, data)
  const child = image.start(['node', '-e', `
    fs.writeFileSync('data/more', '')
    for (const file of ['new', 'a.txt']) try { fs.writeFileSync(file, '') } catch { process.exitCode = 7 }
  `])
  const code = await new Promise((resolve) => child.on('exit', resolve))
  t.ok(existsSync(join(data, 'more')))
  t.equal(code, 7, 'nothing else can be written')
  t.same(changedBetween(before, stateOf(image.root, data)), [])
  t.same(changedBetween(before, stateOf(image.root, join(image.root, 'nowhere'))).map((path) => path.split('/').at(-1)),
    ['data', 'more', 'word'], 'what is not left out is seen')
  // So that tap can take its folder away.
  makeWritable(image.root)
})

t.test('what would reach this machine instead, or names nothing, is an error', async (t) => {
  for (const [step, message] of [
    ['RUN touch /tmp/x', /a path from the root/],
    ['COPY b .', /COPY b: there is no such file/],
    ['COPY .dockerignore .', /there is no such file/],
    ['RUN exit 3', /RUN .* ended with 3/]
  ] as const) {
    const context = t.testdir({ Containerfile: `FROM a\n${step}\n`, '.dockerignore': '.dockerignore', target: {} })
    await t.rejects(layOut(context, join(context, 'target')), { message }, step)
  }
})
