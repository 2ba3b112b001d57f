-- The numbered migrations that have run, with the checksums of their files.
select md5 from public.schemaversion where version > 0 order by version
