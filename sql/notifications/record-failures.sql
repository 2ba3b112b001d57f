-- Keeps why emails could not be sent. They are tried again after 10 s, 30 s, 90 s … 6 h, twelve times in 27 hours, or never
-- where it would be in vain; returns the dead letters.
-- $1 failures jsonb: [{id, reason, permanent, server_away}]
update gateway.emails e set
  failed_at = case when f.permanent or e.attempts >= 12 then now() end,
  next_attempt_at = now() + least(interval '10 seconds' * 3 ^ least(e.attempts - 1, 8), interval '6 hours'),
  last_error = f.reason,
  server_away = f.server_away
from jsonb_to_recordset($1) as f (id bigint, reason text, permanent boolean, server_away boolean)
where e.id = f.id and e.accepted_at is null
returning e.id, e.failed_at is not null as dead
