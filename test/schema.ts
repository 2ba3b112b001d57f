import type { Sql } from 'postgres'

/**
 * Everything a gateway defines: functions, views, triggers with their texts, tables with their columns, constraints,
 * indexes.
 */
export async function schemaOf (sql: Sql): Promise<string[]> {
  const rows = await sql<{ thing: string }[]>`
    with schemas as (select oid from pg_namespace where nspname in ('users', 'products', 'orders', 'gateway', 'legacy'))
    select concat_ws(' ', o.kind, o.name, case o.kind when 'routine' then pg_get_functiondef(o.objid) when 'view' then
    pg_get_viewdef(o.objid) else pg_get_triggerdef(o.objid) end) as thing
    from gateway.defined_objects o left join gateway.objects r using (kind, name) where r.retired_in is null
    union all
    select concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid
    and d.adnum = a.attnum
    where c.relnamespace in (select oid from schemas) and c.relkind in ('r', 'p') and a.attnum > 0
    and not a.attisdropped
    union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint
    where connamespace in (select oid from schemas) and contype <> 'n'
    union all select concat_ws(' ', 'type', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod))
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace in (select oid from schemas) and c.relkind = 'c' and not a.attisdropped
    union all select 'index ' || indexdef from pg_indexes where schemaname in ('users', 'products', 'orders', 'gateway',
    'legacy')
    union all select concat_ws(' ', 'made', kind, name, file) from gateway.objects where retired_in is null
    union all select concat_ws(' ', 'definition', file, checksum) from gateway.definitions
    union all select concat_ws(' ', 'migration', version, md5) from public.schemaversion
    union all select concat_ws(' ', 'version', max(version)) from gateway.versions`
  return rows.map(({ thing }) => thing).sort()
}
