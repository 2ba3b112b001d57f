import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { share, startTestServer } from './server.ts'

// npm test [-- files]: one PostgreSQL for all test files, then tap.
const server = await startTestServer()
await share(server)
const tap = spawn('tap', process.argv.slice(2), { stdio: 'inherit' })
const [code] = await once(tap, 'exit')
await share(null)
await server.stop()
process.exit(code ?? 1)
