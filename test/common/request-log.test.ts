import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { serverOptions } from '../../options.ts'
import { loadConfig } from '../../plugins/settings.ts'

const root = join(import.meta.dirname, '../..')

t.test('however many gateways a process has had, it waits for its exit once', async (t) => {
  const config = loadConfig({ NODE_ENV: 'test' })
  const before = process.listenerCount('exit')
  for (let n = 0; n < 20; n++) serverOptions(config)
  t.equal(process.listenerCount('exit'), before)
})

t.test('what is waiting to be written when a process exits is written, whichever gateway it is of', async (t) => {
  // The process ends in the turn of the event loop in which both are completed: what is scheduled never runs.
  const script = `
    import Fastify from 'fastify'
    import { serverOptions } from './options.ts'
    import { loadConfig } from './plugins/settings.ts'
    const waiting = []
    for (const path of ['/one', '/two']) {
      const options = serverOptions(loadConfig({ NODE_ENV: 'production', API_KEYS: 'a-key-of-16-chars',
        DATABASE_URL: 'postgres://db/shop', SECRET_KEY: '0123456789abcdef0123456789abcdef' }))
      const { logController } = options
      const complete = logController.requestCompleted
      logController.requestCompleted = (...completed) => {
        waiting.push(() => complete.apply(logController, completed))
        if (waiting.length < 2) return
        for (const write of waiting) write()
        process.exit(0)
      }
      const fastify = Fastify(options)
      fastify.get(path, async () => 'here')
      fastify.inject(path)
    }`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' })
  const lines = output.trim().split('\n').map((line) => JSON.parse(line))
  t.strictSame(lines.map(({ path, status }) => `${path} ${status}`).sort(), ['/one 200', '/two 200'])
})
