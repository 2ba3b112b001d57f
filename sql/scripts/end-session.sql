-- Ends a session and waits until it is over.
-- $1 pid integer
-- $2 patience bigint: how long to wait, in milliseconds
select pg_terminate_backend($1, $2)
