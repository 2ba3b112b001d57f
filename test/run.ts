import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { endIfInterrupted } from '../database/interrupt.ts'
import { discard, share, startTestServer } from './server.ts'

// npm test [-- files]: one PostgreSQL for all test files, then tap. With --slow those of test/slow, with more time.
const files = process.argv.slice(2).filter((argument) => argument !== '--slow')
const isSlow = process.argv.includes('--slow')
const server = await startTestServer()
await share(server)
const tap = spawn('tap', files, {
  stdio: 'inherit', env: { ...process.env, ...isSlow && { TAP_RCFILE: join(import.meta.dirname, 'slow/.taprc') } }
})
endIfInterrupted(async () => {
  if (tap.exitCode === null && tap.signalCode === null) {
    tap.kill('SIGTERM')
    await once(tap, 'exit')
  }
})
const [code] = await once(tap, 'exit')
await share(null)
await server.stop()
// A failed test has kept its database, to be looked at.
if (code === 0) await discard()
process.exit(code ?? 1)
