-- How long the next statement may take, and wait for a lock, in milliseconds.
-- $1 statement_ms text
-- $2 lock_ms text
select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)
