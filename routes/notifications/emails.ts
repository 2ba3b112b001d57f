import fp from 'fastify-plugin'
import type { Static } from '@sinclair/typebox'
import type { EmailFailure, WaitingEmail } from './index.ts'
import { MAIL_CONNECTIONS, MailError } from '../../plugins/mailer.ts'
import { recordEach } from '../../common/record.ts'
import { renderEmail } from './templates.ts'

const BATCH = 4 * MAIL_CONNECTIONS

/** Rows given up on, or made due, in one statement: about 20 ms. */
const SWEEP = 1000

/** Longer than a batch can take with a server that stalls at every email (mailer.ts): 4 × (10 + 10 + 30) s. */
const HOLD_SECONDS = 300

/** How often to look for emails. */
const LOOK_EVERY_MS = 1000

/** Of the span of an email that a request led to. */
const SEND = { name: 'send email', kind: 'client', attributes: { 'network.protocol.name': 'smtp' } } as const

/** How long what is being sent may go on when the gateway closes. */
const CLOSE_AFTER_MS = 3000

/** Sends the emails that wait in gateway.emails, at least once; a repeat has the same Message-ID. */
export default fp(async (fastify) => {
  const { config, jobs, log, mailer, metrics, notifications, tracing } = fastify
  if (!mailer) return
  const count = metrics.counter('db_service_emails_total',
    'Attempts to send an email: accepted by the mail server, to be tried again, failed for good', 'outcome',
    ['accepted', 'retried', 'failed'])
  let wasAway = true
  // Accepted by the mail server, but not marked yet: kept over a moment without the database, so that none goes out
  // twice.
  let accepted: { id: number }[] = []
  // The mail server is back: the last email that has been made due since, or null where that is done.
  let hastenedTo: number | null = null

  async function send (email: Static<typeof WaitingEmail>): Promise<EmailFailure | null> {
    const unsubscribeUrl = new URL(`notifications/unsubscribe?token=${notifications.unsubscribeToken(email.user_id)}`,
      slashed(config.PUBLIC_URL)).href
    try {
      const deliver = async () => await mailer!.send({
        messageId: `<${email.message_id}@${new URL(config.PUBLIC_URL).hostname}>`,
        to: { name: `${email.first_name} ${email.last_name}`.replace(/\p{Cc}/gu, ' '), address: email.email_address },
        unsubscribeUrl,
        ...renderEmail(email, { shop: config.APP_NAME, unsubscribeUrl })
      })
      if (tracing) await tracing.follow(email.traceparent, SEND, deliver)
      else await deliver()
      return null
    } catch (error) {
      const { isPermanent = false, isServerAway = false } = error instanceof MailError ? error : {}
      return { id: email.id, reason: (error as Error).message, permanent: isPermanent, server_away: isServerAway }
    }
  }

  async function markAccepted (): Promise<void> {
    accepted = await recordEach(log, 'an accepted email', accepted,
      async (some) => await notifications.markAccepted(some.map(({ id }) => id)))
  }

  async function recordFailures (failures: EmailFailure[]): Promise<void> {
    const record = async (some: EmailFailure[]) => {
      const dead = await notifications.recordFailures(some)
      for (const { id, reason } of some) {
        count(dead.includes(id) ? 'failed' : 'retried')
        if (dead.includes(id)) log.error({ email: id, reason }, 'an email failed for good')
      }
    }
    const refused = await recordEach(log, 'why an email failed', failures, record)
    // Whatever there is about the reason: without a record it would be tried for ever.
    await recordEach(log, 'that an email failed',
      refused.map((failure) => ({ ...failure, reason: 'the reason could not be recorded' })), record)
  }

  async function expire (signal: AbortSignal): Promise<void> {
    for (let batch = SWEEP; batch === SWEEP && !signal.aborted;) {
      batch = await notifications.expireEmails(SWEEP)
      count('failed', batch)
    }
  }

  jobs.loop('emails', LOOK_EVERY_MS, async (signal) => {
    await markAccepted()
    // Or each look for what is due would walk past what nobody could send in time.
    await expire(signal)
    if (hastenedTo !== null) hastenedTo = await notifications.hastenEmails(SWEEP, hastenedTo)
    const claimed = await notifications.claimEmails(BATCH, HOLD_SECONDS)
    const emails = claimed.filter(({ id }) => !accepted.some((email) => email.id === id))
    if (emails.length === 0) return hastenedTo !== null
    const abort = () => setTimeout(() => mailer.abort(), CLOSE_AFTER_MS).unref()
    signal.addEventListener('abort', abort)
    const results = await Promise.all(emails.map(send))
    signal.removeEventListener('abort', abort)

    const failures = results.filter((failure) => failure !== null)
    const sent = emails.filter((_, n) => results[n] === null)
    accepted.push(...sent)
    count('accepted', sent.length)
    await markAccepted()
    await recordFailures(failures)
    if (sent.length > 0 && wasAway) hastenedTo = 0
    wasAway = failures.some((failure) => failure.server_away)
    if (wasAway) throw new Error(failures.find((failure) => failure.server_away)!.reason)
    return true
  })
}, { name: 'email', dependencies: ['jobs', 'mailer', 'metrics', 'notifications', 'tracing'] })

/** So that a path in PUBLIC_URL stays: URL resolves against the last slash. */
const slashed = (url: string) => url.endsWith('/') ? url : `${url}/`
