-- Every composite type with its fields, and what is said about it.
select n.nspname as schema,
  coalesce('-- ' || obj_description(t.oid, 'pg_type') || E'\n', '')
    || format(E'create type %I.%I as (\n  %s\n);', n.nspname, t.typname, (
      select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod),
        E',\n  ' order by a.attnum)
      from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)) as text
from pg_type t
join pg_class c on c.oid = t.typrelid
join pg_namespace n on n.oid = t.typnamespace
where n.nspname in ('users', 'products', 'orders', 'gateway', 'legacy') and c.relkind = 'c'
-- A type stands before the one that has it as a field.
order by t.oid
