import type { Test } from 'tap'
import type { Answer, Shop } from '../helper.ts'

export const FACES = ['service', 'legacy'] as const
export type Face = typeof FACES[number]
export const PATHS = { service: '/query', legacy: '/legacy/query' }

export const runOn = (face: Face) => async ({ call }: Shop, sql: string) => await call('POST', PATHS[face], { sql })

/** The status that an answer has, or would have but for the older service's envelope. */
export function statusOf ({ status, json }: Answer): number {
  if (status !== 200 || json?.success) return status
  return json.error.startsWith('Not allowed on /query: ')
    ? 403
    : json.error === 'The statement took longer than 5 seconds' ? 408 : 400
}

export async function askOn (face: Face, shop: Shop, sql: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await runOn(face)(shop, sql)
    if (statusOf(answer) !== 408 || attempt === 10) return answer
  }
}

export const runOnLane = async (face: Face, { app }: Shop, text: string) => await app.queries.lane.run(face,
  { text, parameters: [], maxRows: 10, maxBytes: 1000 }, () => null)

/**
 * Everything a statement could have changed: rows, sequences, roles and their settings, rights, objects, locks,
 * sessions.
 */
export async function everything ({ sql }: Shop): Promise<Record<string, unknown>> {
  const tables = await sql<{ name: string, rows: string }[]>`
    select c.oid::regclass::text as name,
      (xpath('/row/x/text()',
      query_to_xml(format(
        'select md5(coalesce(string_agg(t::text, %L order by t::text), %L)) as x from (select * from %s) t',
        '|', '', c.oid::regclass), false, true, '')))[1]::text as rows
    from pg_class c where c.relkind in ('r', 'p', 'S') and c.relnamespace::regnamespace::text in ('users', 'products',
    'orders', 'gateway', 'public') order by 1`
  // Of the lane's roles, the gateway's, PostgreSQL's own and everybody (0): tests beside this one make other roles, and
  // drop them.
  const rights = (acl: string) => sql`coalesce((
    select string_agg(a::text, ' ' order by a::text) from aclexplode(${sql(acl)}) a
    where a.grantee < 16384 or a.grantee in (gateway.query_role()::regrole, gateway.legacy_query_role()::regrole,
    current_user::regrole)), '')`
  const [rest] = await sql`
    select (select md5(string_agg(r::text, '|' order by r.oid)) from pg_authid r where rolname in (gateway.query_role(),
    gateway.legacy_query_role(), current_user)) as roles,
      (select md5(string_agg(s::text, '|' order by s::text)) from pg_db_role_setting s join pg_roles r
      on r.oid = s.setrole where r.rolname in (gateway.query_role(), gateway.legacy_query_role())) as settings,
      (select count(*)::int from pg_auth_members m join pg_roles r on r.oid = m.member
      where r.rolname in (gateway.query_role(), gateway.legacy_query_role())) as memberships,
      (select md5(string_agg(c.oid || ${rights('c.relacl')}, '|' order by c.oid)) from pg_class c) as relations,
      (select md5(string_agg(p.oid || ${rights('p.proacl')}, '|' order by p.oid)) from pg_proc p) as functions,
      (select md5(string_agg(n.nspname || ${rights('n.nspacl')}, '|' order by n.oid)) from pg_namespace n
      where n.nspname !~ '^pg_(toast_)?temp') as schemas,
      (select ${rights('d.datacl')} from pg_database d where datname = current_database()) as database,
      (select count(*)::int from pg_largeobject_metadata) as large_objects,
      (select count(*)::int from pg_replication_slots where database = current_database()) as slots,
      (select count(*)::int from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory') as advisory_locks,
      (select count(*)::int from pg_stat_activity where datname = current_database()
      and usename in (gateway.query_role(), gateway.legacy_query_role()) and state <> 'idle') as busy_sessions,
      (select coalesce(max(n), 0) <= 2 from (select count(*) as n from pg_stat_activity
      where datname = current_database()
        and usename in (gateway.query_role(), gateway.legacy_query_role()) group by usename) s) as few_sessions`
  return { ...Object.fromEntries(tables.map(({ name, rows }) => [name, rows])), ...rest }
}

/** Checks that the lane answers as if nothing had been, on all of its sessions. */
export async function isHealthy (t: Test, shop: Shop): Promise<void> {
  const [roles] = await shop.sql`select gateway.query_role() as service, gateway.legacy_query_role() as legacy`
  for (const face of FACES) {
    const answers = await Promise.all(Array.from({ length: 4 },
      () => runOn(face)(shop, 'select count(*) as n, session_user::text as who from products')))
    for (const { json } of answers) t.same(json.data, [{ n: 40, who: roles![face] }])
  }
}
