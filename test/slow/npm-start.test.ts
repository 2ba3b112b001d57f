import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { freshDatabase } from '../helper.ts'

const root = join(import.meta.dirname, '../..')

for (const [receiver, signal] of [['npm alone', 'SIGTERM'], ['the whole group, as by Ctrl-C', 'SIGINT']] as const) {
  t.test(`npm start ends as the gateway does when ${receiver} gets ${signal}`, async (t) => {
    const settings = { PORT: '0', DRAIN_SECONDS: '0.5', DATA_DIR: t.testdir(), DATABASE_URL: await freshDatabase(t) }
    const npm = spawn('npm', ['start'], { cwd: root, env: { ...process.env, ...settings }, detached: true })
    const ended = once(npm, 'exit')
    t.teardown(async () => {
      if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGKILL')
      await ended
    })
    let output = ''
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => { output += chunk })
    while (!output.includes('Docs: ') && npm.exitCode === null) await sleep(20)
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []

    process.kill(signal === 'SIGINT' ? -npm.pid! : npm.pid!, signal)
    t.strictSame(await ended, [0, null], 'exit code 0')
    t.match(output, `${signal}: serving for 0.5 s more, then closing`)
    await t.rejects(fetch(url), 'nobody is left behind')
  })
}
