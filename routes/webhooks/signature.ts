import { createHmac, randomBytes } from 'node:crypto'

/** As Standard Webhooks writes a secret: 24 to 64 bytes, in base64. */
const PREFIX = 'whsec_'
const SECRET_BYTES = 32

export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

/**
 * The headers of Standard Webhooks 1.0.0 (standardwebhooks.com): a signature by each of the secrets, of which a
 * consumer need know one.
 *
 * @param id the same for each try of the same message
 */
export function signed (secrets: string[], id: string, body: string, now = new Date()): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1000)
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ')
  }
}
