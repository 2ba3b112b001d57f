-- Has emails that failed for good retried, with as many tries as new ones, the oldest first.
-- $1 limit bigint
-- $2 failed_before timestamptz: one that fails once more meanwhile is not tried for ever
update gateway.emails set
  failed_at = null, attempts = 0, next_attempt_at = now(), expires_at = now() + interval '3 days', server_away = false
where id = any (array(
  select id from gateway.emails where failed_at < $2 order by failed_at, id limit $1 for no key update skip locked))
returning id
