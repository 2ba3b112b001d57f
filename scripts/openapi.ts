import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../app.ts'
import { serverOptions } from '../options.ts'
import { loadConfig } from '../plugins/settings.ts'
import { endIfInterrupted, endOnSignals } from '../database/interrupt.ts'
import { readArguments } from './arguments.ts'

readArguments(`
npm run openapi

Writes openapi.json, the document of all routes, for client generators and Postman. Runs on a database of its own.
`, {})
endOnSignals()

const dataDir = await mkdtemp(join(tmpdir(), 'db-service-openapi-'))
endIfInterrupted(async () => { process.once('exit', () => rmSync(dataDir, { recursive: true, force: true })) })
const settings = {
  NODE_ENV: 'test', LOG_LEVEL: 'error', DATA_DIR: dataDir, SECRET_KEY: 'signs nothing here, and nobody keeps it'
}
const config = { ...loadConfig(settings), SEED_DIR: '' }
const fastify = Fastify(serverOptions(config))
try {
  await fastify.register(app, { config })
  await fastify.ready()
  await writeFile(join(import.meta.dirname, '../openapi.json'), write(fastify.swagger()))
  console.log(`openapi.json: ${Object.keys(fastify.swagger().paths ?? {}).length} paths`)
} finally {
  await fastify.close()
  await rm(dataDir, { recursive: true, force: true })
}

/** JSON with a line for each operation and component: short, and a change shows where it is. */
function write (value: unknown, depth = 0): string {
  if (depth === 3 || typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${write(member, depth + 1)}`)
  return `{\n${members.join(',\n')}\n}${depth === 0 ? '\n' : ''}`
}
