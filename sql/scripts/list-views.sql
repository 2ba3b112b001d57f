-- Every view with its columns, and the file with its query.
select n.nspname as schema, format('-- sql/%s', coalesce(made.file, 'migrations')) as source,
  format(E'view %I.%I (\n  %s\n)', n.nspname, c.relname, (
    select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), E',\n  ' order by a.attnum)
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join gateway.objects made on made.kind = 'view' and made.name = format('%I.%I', n.nspname, c.relname)
where n.nspname in ('users', 'products', 'orders', 'gateway', 'legacy') and c.relkind = 'v' and made.retired_in is null
order by made.file collate "C" nulls first, c.relname collate "C"
