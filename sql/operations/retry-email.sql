-- Has an email that failed for good retried, with as many tries as a new one.
-- $1 id bigint
update gateway.emails set
  failed_at = null, attempts = 0, next_attempt_at = now(), expires_at = now() + interval '3 days', server_away = false
where failed_at is not null and id = $1
returning id
