import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { databaseUrl, findTestServer } from '../server.ts'

const folder = join(import.meta.dirname, '../../sql/migrations')

t.test('accounts of before get their origin, and those that now share an address with another stay', async (t) => {
  const server = await findTestServer()
  const name = `test_accounts_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0`)
  const sql = postgres(databaseUrl(server.url, name), { max: 1, onnotice: () => {} })
  t.teardown(async () => {
    await sql.end()
    await admin.unsafe(`drop database ${name} with (force)`)
    await admin.end()
    await server.stop()
  })
  const [before, after] = Object.values(Object.groupBy((await readdir(folder)).sort(),
    (file) => file < '0018' ? 'before' : 'after'))
  const run = async (files: string[]) => {
    for (const file of files) await sql.unsafe(await readFile(join(folder, file), 'utf8')).simple()
  }
  await run(before!)

  await sql`insert into users.users
      (id, external_user_id, upstream_user_id, first_name, last_name, email_address, hashed_password, last_login,
      order_notifications_next_scheduled_time)
    select id, coalesce(uuid::uuid, gen_random_uuid()), upstream, 'A', 'B', address, hash, login::timestamptz, now()
    from (values
      (1, '54e02e9f-e6c8-50c3-9b2e-87f37ee5b745', null, 'loaded@example.com', 'hash', null),
      (2, '54e02e9f-e6c8-50c3-9b2e-87f37ee5b746', 'there', 'poor@example.com', null, null),
      (3, null, null, 'made@example.com', 'hash', null),
      (4, null, 'guest', 'guest@example.com', null, null),
      (5, null, null, ${'jos\u00e9@example.com'}, 'hash 5', '2026-01-01'),
      (6, null, null, ${'jose\u0301@example.com'}, 'hash 6', '2026-01-02'),
      (8, null, null, ${'\u212Aate@example.com'}, 'hash 8', null)
    ) as made (id, uuid, upstream, address, hash, login)`
  await run(after!)

  t.strictSame([...await sql`select id::int, origin, hashed_password as hash from users.users order by id`], [
    { id: 1, origin: 'loaded', hash: 'hash' },
    { id: 2, origin: 'loaded', hash: null },
    { id: 3, origin: null, hash: 'hash' },
    { id: 4, origin: 'upstream', hash: null },
    { id: 5, origin: null, hash: null },
    { id: 6, origin: null, hash: 'hash 6' },
    { id: 8, origin: null, hash: 'hash 8' }
  ], 'of one mailbox whoever used it last logs in')
  const add = async (address: string) => await sql`
    insert into users.users (first_name, last_name, email_address, hashed_password,
    order_notifications_next_scheduled_time)
    values ('A', 'B', ${address}, 'hash', now())`
  await add('kate@example.com')
  await t.rejects(add('KATE@example.com'), /users_email_address_key/)
})
