import type { Shop } from './helper.ts'
import { upstream } from './people.ts'

/** What is stored, what somebody comes with, and whether the two are one address. */
export const PAIRS: [string, string, boolean][] = [
  ['kate@example.com', 'KATE@Example.COM', true],
  ['kate@example.com', '\u212Aate@example.com', false],
  ['jos\u00e9@ex\u00e4mple.de', 'jose\u0301@exa\u0308mple.de', true],
  ['jos\u00e9@ex\u00e4mple.de', 'jos\u00c9@ex\u00e4mple.de', false],
  ['mini@example.com', 'm\u0131n\u0131@example.com', false],
  ['mini@example.com', 'M\u0130N\u0130@example.com', false],
  ['strasse@example.com', 'stra\u00dfe@example.com', false],
  ['ann@example.com', '\uff41nn@example.com', false],
  ['sigma-\u03c3@example.com', 'sigma-\u03c2@example.com', false],
  ['\uac00@example.com', '\u1100\u1161@example.com', true]
]

/** Somebody of another service with this address, by the headers of that service. */
export const byHeader = (address: string) => ({
  ...upstream('someone'), 'x-user-email': Buffer.from(address).toString('latin1')
})

/** The same, by a token. */
export const byToken = ({ app }: Shop, email: string) => ({
  authorization: `Bearer ${app.jwt.sign({ userId: 'someone', email })}`
})
