-- Has emails that failed for good tried again, with as many tries as new ones.
-- $1 id bigint: null for all
update gateway.emails set
  failed_at = null, attempts = 0, next_attempt_at = now(), expires_at = now() + interval '3 days', server_away = false
where failed_at is not null and ($1::bigint is null or id = $1)
returning id
