import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fp from 'fastify-plugin'
import { secretMask } from '../common/secrets.ts'
import { remembered } from '../common/remembered.ts'
import { reasonOf } from '../common/text.ts'

/** A mail server responds slowly at times (greylisting, checks); after this it counts as away. In milliseconds. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 }

/** What the last email said of the mail server counts for so long; then it is greeted to find out. In milliseconds. */
const FRESH = 60_000

/** Connections to the mail server at once. */
export const MAIL_CONNECTIONS = 5

/** What a mail server repeats of the person it refuses. */
const ADDRESS = /[^\s<>()[\]"'`,;:]+@[^\s<>()[\]"'`,;:]+/g

export interface Email {
  /** The same for each try of the same email. */
  messageId: string
  to: { name: string, address: string }
  subject: string
  text: string
  html: string
  /** Where one POST ends these emails (RFC 8058). */
  unsubscribeUrl: string
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The way emails leave; null in production without SMTP_URL. */
    mailer: null | {
      /** Resolves once the mail server has accepted the email, or the file is written. Rejects with MailError. */
      send (email: Email): Promise<void>
      /** Ends what is being sent, too. */
      abort (): void
    }
  }
}

/** Why an email did not leave. */
export class MailError extends Error {
  /** The server refused this email for good: trying again is in vain. */
  readonly isPermanent: boolean
  /** The server could not be reached, or takes no email at all for now: not the fault of this one. */
  readonly isServerAway: boolean

  /**
   * @param error as nodemailer rejects: `responseCode` is what the server said, `code` where in the dialogue
   * @param conceal takes out of the server's words what is not to be kept
   */
  constructor (error: Error & { responseCode?: number, code?: string }, conceal: (text: string) => string) {
    super(reasonOf(conceal(error.message)))
    // Only what is said of the envelope or the message is about the email itself; 554 as a greeting is about us.
    const isAboutEmail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
    const status = error.responseCode ?? 0
    this.isPermanent = isAboutEmail && (status >= 500 || status === 0)
    this.isServerAway = !isAboutEmail || status === 421
  }
}

/** Sends by SMTP, or where there is no SMTP_URL in development writes each email to a file under DATA_DIR. */
export default fp(async (fastify) => {
  const { SMTP_URL: url, NODE_ENV: environment, DATA_DIR: dataDir, MAIL_FROM: address, APP_NAME: name } = fastify.config
  if (!url && environment === 'production') {
    fastify.log.warn('Without SMTP_URL no email is sent')
    fastify.decorate('mailer', null)
    return
  }

  const mask = secretMask(fastify.config)
  const conceal = (text: string) => mask(text).replace(ADDRESS, (found) => found === address ? found : '<address>')
  const message = ({ unsubscribeUrl, ...email }: Email) => ({
    ...email,
    from: { name, address },
    headers: {
      'List-Unsubscribe': { prepared: true, value: `<${unsubscribeUrl}>` },
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated'
    }
  })

  if (!url) {
    const folder = join(dataDir, 'emails')
    fastify.decorate('mailer', {
      send: async (email) => {
        const { createTransport } = await import('nodemailer')
        const writer = createTransport({ streamTransport: true, buffer: true })
        const { message: bytes } = await writer.sendMail(message(email))
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const file = join(folder,
          `${new Date().toISOString().replaceAll(':', '-')} ${email.messageId.split('@')[0]!.slice(1)}.eml`)
        await writeFile(file, bytes as Buffer, { mode: 0o600 })
        fastify.log.info(`email written to ${file}`)
      },
      abort: () => {}
    })
    return
  }

  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url, pool: true, maxConnections: MAIL_CONNECTIONS, maxMessages: 100, ...TIMEOUTS
  })
  let seen = { isUp: false, at: -Infinity }
  const note = (isUp: boolean) => { seen = { isUp, at: performance.now() } }
  const greet = remembered(FRESH, async () => await transport.verify().then(() => note(true), () => note(false)))
  fastify.metrics.gauge('db_service_mail_up', 'Whether the mail server responds', async () => {
    if (performance.now() - seen.at > FRESH) await greet()
    return Number(seen.isUp)
  })
  transport.on('error', (error) => fastify.log.warn({ reason: conceal(error.message) }, 'mail server'))
  fastify.decorate('mailer', {
    send: async (email) => {
      try {
        await transport.sendMail(message(email))
        note(true)
      } catch (cause) {
        const error = new MailError(cause as Error, conceal)
        note(!error.isServerAway)
        throw error
      }
    },
    abort: () => { transport.close({ force: true }) }
  })
  fastify.addHook('onClose', async () => { transport.close() })
}, { name: 'mailer', dependencies: ['metrics'] })
