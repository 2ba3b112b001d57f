import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { discard, share, startTestServer } from './server.ts'

// npm test [-- files]: one PostgreSQL for all test files, then tap.
const server = await startTestServer()
await share(server)
const tap = spawn('tap', process.argv.slice(2), { stdio: 'inherit' })
const [code] = await once(tap, 'exit')
await share(null)
await server.stop()
// A failed test has kept its database, to be looked at.
if (code === 0) await discard()
process.exit(code ?? 1)
