-- Ends the sessions of other gateways and scripts on this database.
select pg_terminate_backend(pid)
from pg_stat_activity
where datname = current_database() and application_name like 'db-service%' and usename = current_user
  and pid <> pg_backend_pid()
