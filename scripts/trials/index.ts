import { misused, readArguments } from '../arguments.ts'
import { tryEmails } from './emails.ts'
import { tryEvents } from './events.ts'
import { tryQuery } from './query.ts'
import { tryReminders } from './reminders.ts'
import { runTrial } from './harness.ts'

const USAGE = `
npm run trial -- reminders | events | emails | query

Trials of what must happen exactly as promised, with gateways as processes of their own, a real mail server and a real
RabbitMQ:

  reminders    two gateways, 10,000 users due
  events       a broker that is away for 60 s, at 50 orders a second
  emails       a mail server that is away for 60 s
  query        statements on /query that would take all there is, beside orders
`
const trials = { reminders: tryReminders, events: tryEvents, emails: tryEmails, query: tryQuery }
const { positionals: [name = ''] } = readArguments(USAGE, {}, [1, 1])
if (!Object.hasOwn(trials, name)) misused(`There is no trial called ${name}.`, USAGE)

await runTrial(trials[name as keyof typeof trials])
