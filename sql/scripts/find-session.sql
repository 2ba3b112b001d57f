-- The process of the server that serves this connection.
select pg_backend_pid() as pid
