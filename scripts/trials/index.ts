/**
 * Trials of what must happen exactly as promised, with gateways as processes of their own, a real mail server and a real RabbitMQ:
 *
 *   npm run trial -- reminders    two gateways, 10,000 users due
 *   npm run trial -- events       a broker that is away for 60 s, at 50 orders a second
 *   npm run trial -- emails       a mail server that is away for 60 s
 *   npm run trial -- query        statements on /query that would take all there is, beside orders
 */
import { tryEmails } from './emails.ts'
import { tryEvents } from './events.ts'
import { tryQuery } from './query.ts'
import { tryReminders } from './reminders.ts'
import { runTrial } from './harness.ts'

const trials = { reminders: tryReminders, events: tryEvents, emails: tryEmails, query: tryQuery }
const [name = ''] = process.argv.slice(2)

if (!Object.hasOwn(trials, name)) {
  console.error(`Which trial? npm run trial -- ${Object.keys(trials).join(' | ')}`)
  process.exit(1)
}
await runTrial(trials[name as keyof typeof trials])
