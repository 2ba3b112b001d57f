import { share, startTestServer } from './server.ts'

// Once before all test files: they find the server running and the template made.
await share(await startTestServer())
// The server goes on by itself; its handle would keep this process alive.
process.exit(0)
