-- The number of sql/version that the schema was brought to.
select coalesce(max(version), 0) as version from gateway.versions
