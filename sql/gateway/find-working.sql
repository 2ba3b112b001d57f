-- Which of these connections the server has work to do for, and which one this is (it always has).
-- $1 pids integer[]
select pid, pid = pg_backend_pid() as is_this
from pg_stat_activity
where (pid = any($1) or pid = pg_backend_pid()) and state <> 'idle'
