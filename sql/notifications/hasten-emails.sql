-- The mail server is back: emails that waited for it alone are due at once.
-- $1 limit bigint
-- $2 after_id bigint: of the batch before
update gateway.emails set next_attempt_at = now(), server_away = false
where id = any (array(
  select id from gateway.emails
  where accepted_at is null and failed_at is null and server_away and id > $2 and next_attempt_at > now()
  order by id limit $1
  for no key update skip locked))
returning id
