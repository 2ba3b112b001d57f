-- Sessions of other gateways and scripts on this database.
select pid, application_name, coalesce(host(client_addr), 'local') as client
from pg_stat_activity
where datname = current_database() and application_name like 'db-service%' and usename = current_user
  and pid <> pg_backend_pid()
order by backend_start
