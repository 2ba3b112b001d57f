-- The number of the last migration applied.
select coalesce(max(version), 0) as version from public.schemaversion
