-- The version of sql/ that the database was brought to.
select coalesce(max(version), 0) as version from gateway.versions
