-- Foreign keys, plain indexes, and the trigger that sums items one by one, of tables, as the statements that remove and
-- restore each.
-- $1 tables text[]
select format('alter table %s drop constraint %I', conrelid::regclass, conname) as remove,
  format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as restore
from pg_constraint
where contype = 'f' and conrelid = any ($1::text[]::regclass[])
union all
select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
from pg_index
where indrelid = any ($1::text[]::regclass[]) and not indisunique
union all
select format('alter table %s disable trigger %I', tgrelid::regclass, tgname),
  format('alter table %s enable trigger %I', tgrelid::regclass, tgname)
from pg_trigger
where tgname = 'order_items_sum_inserted' and tgrelid = any ($1::text[]::regclass[])
