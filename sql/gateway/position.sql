-- How far the server is in its log, as 16 hex digits: a standby has applied all before it, a primary has made all
-- before it certain to reach the standbys. And which server process it is: of two with one log, one is the primary.
select lpad(to_hex((s.reached - '0/0')::bigint), 16, '0') as position, s.is_standby,
  extract(epoch from pg_postmaster_start_time())::text as server
from (
  select pg_is_in_recovery() as is_standby, case
    when pg_is_in_recovery() then pg_last_wal_replay_lsn()
    when current_setting('synchronous_commit') = 'off' then pg_current_wal_insert_lsn()
    else pg_current_wal_flush_lsn()
  end as reached
) s
