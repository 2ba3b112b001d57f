-- Every trigger, with the file that creates it.
select n.nspname as schema, t.relname as table, format('-- sql/%s', made.file) as source,
  pg_get_triggerdef(g.oid) || ';' as text
from pg_trigger g
join pg_class t on t.oid = g.tgrelid
join pg_namespace n on n.oid = t.relnamespace
join gateway.objects made on made.kind = 'trigger' and made.name = format('%I on %I.%I', g.tgname, n.nspname, t.relname)
  and made.retired_in is null
where not g.tgisinternal
order by made.file collate "C", g.tgname collate "C"
