-- Begins the migration, and waits for its turn: a lock of the transaction, which no pooler can leave behind on another
-- connection, and which ends with a connection that is lost. Then nobody is waited for long: requests queue up behind
-- whoever waits for a table.
begin;
select set_config(name, '0', true) from pg_settings
where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout');
select pg_advisory_xact_lock(70000001);
set local lock_timeout = '2s';
-- Functions may call each other in any order: their bodies are checked when they first run, and by the tests.
set local check_function_bodies = off;
select pg_current_xact_id()::text as id
