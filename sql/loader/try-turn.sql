-- Whether this is the only import, and will be, and neither a load nor a migration has its turn now: that is the lock
-- of sql/loader/take-turn.sql.
select pg_try_advisory_xact_lock(70000004) and not exists (
  select from pg_locks
  where locktype = 'advisory' and classid = 0 and objid = 70000001 and granted
    and database = (select oid from pg_database where datname = current_database())) as is_free
