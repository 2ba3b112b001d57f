-- Whether the server is at work for a connection, and something that changes with each step; a session that waits for
-- its client is not at work. `own` is the asking connection, for who wants to know whether a pooler in between gives
-- numbers of its own.
-- $1 pid integer
select a.pid is not null and coalesce(
    a.state not like 'idle%' and a.wait_event_type is distinct from 'Client', true) as is_working,
  concat_ws(' ', a.state, a.state_change, c.bytes_processed) as progress, own.pid as own
from (select pg_backend_pid() as pid) own
left join pg_stat_activity a on a.pid = $1
left join pg_stat_progress_copy c on c.pid = a.pid
