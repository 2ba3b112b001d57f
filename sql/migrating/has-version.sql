-- Whether the database has been migrated since there are versions.
select to_regclass('gateway.versions') is not null as has_version
