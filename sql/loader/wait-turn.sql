-- Waits until a load or migration that has begun meanwhile is over, as long as lock_timeout allows.
select pg_advisory_xact_lock(70000001)
