-- Every index that no constraint brings with it, and what is said about it.
select n.nspname as schema, t.relname as table,
  coalesce('-- ' || obj_description(c.oid, 'pg_class') || E'\n', '') || pg_get_indexdef(i.indexrelid) || ';' as text
from pg_index i
join pg_class t on t.oid = i.indrelid
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = t.relnamespace
where n.nspname in ('users', 'products', 'orders', 'gateway', 'legacy')
  and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x'))
order by c.relname collate "C"
