-- Keeps why emails could not be sent. They are retried after 10 s, 30 s, 90 s … 6 h, twelve times in 27 hours, or never
-- where it would be in vain; returns the dead letters.
-- $1 failures jsonb: [{id, reason, permanent, server_away}]
with failures as materialized (
  select id, reason, permanent, server_away
  from jsonb_to_recordset($1) as f (id bigint, reason text, permanent boolean, server_away boolean)
)
update gateway.emails e set
  failed_at = case when (select permanent from failures f where f.id = e.id) or e.attempts >= 12 then now() end,
  next_attempt_at = now() + least(interval '10 seconds' * 3 ^ least(e.attempts - 1, 8), interval '6 hours'),
  (last_error, server_away) = (select reason, server_away from failures f where f.id = e.id)
where id = any (array(select id from failures)) and accepted_at is null
returning id, failed_at is not null as dead
