-- The signature of every function, and the file with its body.
select n.nspname as schema, format('-- sql/%s', coalesce(made.file, 'migrations')) as source,
  format('function %I.%I(%s) returns %s', n.nspname, p.proname, pg_get_function_arguments(p.oid),
    pg_get_function_result(p.oid)) as text
from gateway.defined_objects o
join pg_proc p on p.oid = o.objid
join pg_namespace n on n.oid = p.pronamespace
left join gateway.objects made on made.kind = o.kind and made.name = o.name
where o.kind = 'routine' and n.nspname in ('users', 'products', 'orders', 'gateway', 'legacy')
  and made.retired_in is null
order by made.file collate "C" nulls first, o.name collate "C"
