-- How many seconds a replica is behind; null where it cannot tell. 0 where it has replayed all it was sent and is still
-- sent to: a primary at rest sends nothing whose time could be told.
select case
    when not pg_is_in_recovery() then 0
    when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver) then 0
    else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())
  end::float8 as seconds
