import { share, startTestServer } from './server.ts'

const server = await startTestServer()
await share(null)
await server.stop()
