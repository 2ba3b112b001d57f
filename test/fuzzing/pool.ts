import { userId, type Shop } from '../helper.ts'
import { KEYS } from './requests.ts'

/** What may be remembered of each kind; the latest push out the oldest, but not what the run began with. */
const ROOM = 30

/** What the shop holds, for requests to name: what it began with and what the answers told of. */
export class Pool {
  readonly #start: Record<string, string[]>
  readonly #found: Record<string, string[]> = {}

  constructor (start: Record<string, string[]>) { this.#start = start }

  /** The nth of a kind, round and round. */
  pick (kind: string, n: number): string | undefined {
    const all = [...this.#start[kind] ?? [], ...this.#found[kind] ?? []]
    return all[n % all.length]
  }

  add (kind: string, value: string | undefined): void {
    const found = this.#found[kind] ??= []
    if (value === undefined || found.includes(value) || this.#start[kind]?.includes(value)) return
    found.push(value)
    if (found.length > ROOM) found.shift()
  }

  /** Remembers the ids and tags in an answer. */
  learn (text: string, headers: Record<string, string>): void {
    if (headers.etag) this.add('etag', headers.etag)
    for (const [kind, pattern] of Object.entries(TOLD)) this.add(kind, pattern.exec(text)?.[1])
  }
}

const TOLD = {
  order: /"order_id": ?"?(\d+)/,
  orderNumber: /"order_number": ?"(ORD-[^"]+)"/,
  product: /"product_id": ?"?(\d+)/,
  cursor: /"next_cursor": ?"([^"]+)"/,
  user: /"user_id": ?"([0-9a-f-]{36})"/,
  email: /"email(?:_address)?": ?"(fuzz\d+@example\.com)"/
}

/** Adds people to the fixture's five, and orders, so that a request finds somebody however many were deleted before. */
export async function fillShop ({ sql, app, call }: Shop): Promise<Pool> {
  await sql`
    insert into users.users (id, external_user_id, first_name, last_name, email_address, hashed_password)
    select n, ('00000000-0000-4000-8000-0000000000' || n)::uuid, 'User', 'No' || n, 'fuzz' || n || '@example.com',
      (select hashed_password from users.users where id = 1)
    from generate_series(10, 59) n`
  const users = Array.from({ length: 55 },
    (_, n) => n < 5 ? userId(n + 1) : `00000000-0000-4000-8000-0000000000${n + 5}`)
  const pool = new Pool({
    user: users,
    userNumber: users.map((_, n) => String(n < 5 ? n + 1 : n + 5)),
    email: users.map((_, n) => n < 5 ? `user${n + 1}@example.com` : `fuzz${n + 5}@example.com`),
    product: Array.from({ length: 40 }, (_, n) => String(n + 1)),
    token: users.map((id) => app.notifications.unsubscribeToken(id)),
    jwt: [
      app.issueToken({ user_id: userId(1), email_address: 'user1@example.com', role: 'customer' }),
      app.jwt.sign({ userId: 'somebody-else', email: 'else@example.com', role: 'admin' })
    ]
  })
  for (let n = 1; n <= 5; n++) {
    const { status, text, headers } = await call('POST', '/orders',
      { user_id: userId(n), items: [{ product_id: n, quantity: 2 }] }, { 'x-api-key': KEYS.API_KEYS })
    if (status !== 201) throw new Error(`no order to begin with: ${text}`)
    pool.learn(text, headers)
  }
  return pool
}
