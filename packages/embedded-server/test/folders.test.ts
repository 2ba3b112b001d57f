import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startEmbedded } from '../index.ts'
import { makeFolder, pidOf, settings, startGateway } from './gateways.ts'

t.setTimeout(600_000)

const isRoot = process.getuid?.() === 0

t.test('a gateway killed while it makes the data folder leaves nothing in the way', async t => {
  const dataDir = await makeFolder(t)
  const { child, ended } = startGateway(dataDir)
  const isHalfDone = async () => (await readdir(dataDir)).some(name => name.startsWith('postgres.new-'))
  while (!await isHalfDone()) await sleep(5)
  await sleep(100)
  child.kill('SIGKILL')
  await ended
  t.ok(await isHalfDone())
  const server = await startEmbedded(dataDir, { settings })
  t.equal(server.adopted, false)
  await server.stop()
  t.notOk(await isHalfDone())
})

t.test('of several gateways that start at once one starts the server, the others adopt it', async t => {
  const dataDir = await makeFolder(t)
  const all = [startGateway(dataDir), startGateway(dataDir), startGateway(dataDir)]
  const found = await Promise.all(all.map(gateway => gateway.ready))
  t.strictSame(found.map(server => server.adopted).sort(), [false, true, true])
  t.equal(new Set(found.map(server => server.url)).size, 1)
  for (const { child } of all) child.stdin?.end()
  await Promise.all(all.map(gateway => gateway.ended))
  t.equal(await pidOf(dataDir), 0, 'the last one ends the server')
})

t.test('a folder that cannot be used is refused with the reason and what to do', async t => {
  const dataDir = await makeFolder(t)
  await writeFile(join(dataDir, 'file'), '')
  await t.rejects(startEmbedded(join(dataDir, 'file')), { message: /it is a file.*DATA_DIR.*DATABASE_URL/ })
  await t.rejects(startEmbedded(join(dataDir, 'file', 'below')), { message: /part of its path is a file/ })
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres', 'letter.txt'), 'mine')
  await t.rejects(startEmbedded(dataDir), { message: /not empty, but is no data folder of PostgreSQL/ })
  t.equal(await readFile(join(dataDir, 'postgres', 'letter.txt'), 'utf8'), 'mine')
  await t.test('without the right to write', { skip: isRoot && 'root may write everywhere' }, async t => {
    await chmod(dataDir, 0o555)
    await t.rejects(startEmbedded(dataDir), { message: /may not read or write/ })
    await chmod(dataDir, 0o755)
  })
})

t.test('root may keep the data in a folder that nobody else can enter', { skip: !isRoot && 'needs root' }, async t => {
  const dataDir = await makeFolder(t)
  await chmod(dataDir, 0o700)
  const said: string[] = []
  const server = await startEmbedded(dataDir, { settings, log: message => said.push(message) })
  t.match(said.join(), /runs as user \d+ with dac_/)
  await server.stop()
})
