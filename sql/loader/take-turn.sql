-- Begins the load's transaction, once it is its turn: gateways that start at once migrate and load one after the other,
-- by a lock of the transaction (sql/migrating/begin.sql).
begin;
set local statement_timeout = 0;
set local lock_timeout = 0;
select pg_advisory_xact_lock(70000001)
