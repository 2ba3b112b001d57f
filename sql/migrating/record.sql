-- Writes down what the files made, what is gone from them, and that the schema now is of this version. Nothing on
-- another session than the migration's own: a driver that lost its connection on the way would do it outside of the
-- transaction.
-- $1 transaction text
-- $2 version integer
-- $3 checksums text: JSON of all files' checksums, by file
-- $4 objects text: JSON list of kind, name, file, retired_in
with here as (
  select where pg_current_xact_id_if_assigned() = $1::text::xid8
),
defined as (
  insert into gateway.definitions as definitions (file, checksum)
  select key, value from here, jsonb_each_text($3::text::jsonb)
  on conflict (file) do update set checksum = excluded.checksum where definitions.checksum <> excluded.checksum
),
undefined as (
  delete from gateway.definitions using here where not $3::text::jsonb ? file
),
objects as (
  insert into gateway.objects as objects (kind, name, file, retired_in)
  select o.kind, o.name, o.file, o.retired_in
  from here, jsonb_to_recordset($4::text::jsonb) as o (kind text, name text, file text, retired_in integer)
  on conflict (kind, name) do update set file = excluded.file, retired_in = excluded.retired_in
  where (objects.file, objects.retired_in) is distinct from (excluded.file, excluded.retired_in)
),
gone as (
  delete from gateway.objects o using here
  where not exists (select from jsonb_to_recordset($4::text::jsonb) as kept (kind text, name text)
    where (kept.kind, kept.name) = (o.kind, o.name))
)
insert into gateway.versions (version)
select $2::integer from here
on conflict do nothing
