import fp from 'fastify-plugin'
import type { Static } from '@sinclair/typebox'
import type { EmailFailure, WaitingEmail } from '../../domain/notifications.ts'
import { MAIL_CONNECTIONS, MailError } from '../../infra/mailer.ts'
import { renderEmail } from './templates.ts'

const BATCH = 4 * MAIL_CONNECTIONS

/** Longer than a batch can take with a server that stalls at every email (mailer.ts): 4 × (10 + 10 + 30) s. */
const HOLD_SECONDS = 300

/** How often to look for emails. */
const LOOK_EVERY_MS = 1000

/** How long what is being sent may go on when the gateway closes. */
const CLOSE_AFTER_MS = 3000

/** Sends the emails that wait in gateway.emails, at least once; a repeat has the same Message-ID. */
export default fp(async (fastify) => {
  const { config, jobs, log, mailer, notifications } = fastify
  if (!mailer) return
  let wasAway = true
  // Accepted by the mail server, but not marked yet: kept over a moment without the database, so that none goes out twice.
  let accepted: number[] = []

  async function send (email: Static<typeof WaitingEmail>): Promise<EmailFailure | null> {
    const unsubscribeUrl = new URL(`notifications/unsubscribe?token=${notifications.unsubscribeToken(email.user_id)}`, slashed(config.PUBLIC_URL)).href
    try {
      await mailer!.send({
        messageId: `<${email.message_id}@${new URL(config.PUBLIC_URL).hostname}>`,
        to: { name: `${email.first_name} ${email.last_name}`.replace(/\p{Cc}/gu, ' '), address: email.email_address },
        unsubscribeUrl,
        ...renderEmail(email, { shop: config.APP_NAME, unsubscribeUrl })
      })
      return null
    } catch (error) {
      const { isPermanent = false, isServerAway = false } = error instanceof MailError ? error : {}
      return { id: email.id, reason: (error as Error).message, permanent: isPermanent, server_away: isServerAway }
    }
  }

  async function markAccepted (): Promise<void> {
    if (accepted.length > 0) await notifications.markAccepted(accepted)
    accepted = []
  }

  async function recordFailures (failures: EmailFailure[]): Promise<void> {
    const dead = await notifications.recordFailures(failures)
    for (const { id, reason } of failures) if (dead.includes(id)) log.error({ email: id, reason }, 'an email failed for good')
  }

  jobs.loop('emails', LOOK_EVERY_MS, async (signal) => {
    await markAccepted()
    const emails = await notifications.claimEmails(BATCH, HOLD_SECONDS)
    if (emails.length === 0) return false
    const abort = () => setTimeout(() => mailer.abort(), CLOSE_AFTER_MS).unref()
    signal.addEventListener('abort', abort)
    const results = await Promise.all(emails.map(send))
    signal.removeEventListener('abort', abort)

    const failures = results.filter((failure) => failure !== null)
    accepted = emails.filter((_, n) => results[n] === null).map(({ id }) => id)
    const hasWorked = accepted.length > 0
    await markAccepted()
    if (failures.length > 0) await recordFailures(failures)
    if (hasWorked && wasAway) await notifications.hastenEmails()
    wasAway = failures.some((failure) => failure.server_away)
    if (wasAway) throw new Error(failures.find((failure) => failure.server_away)!.reason)
    return true
  })
}, { name: 'email', dependencies: ['jobs', 'mailer', 'notifications'] })

/** So that a path in PUBLIC_URL stays: URL resolves against the last slash. */
const slashed = (url: string) => url.endsWith('/') ? url : `${url}/`
