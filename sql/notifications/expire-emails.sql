-- Makes dead letters of emails that nobody could send in time.
-- $1 limit bigint
update gateway.emails set failed_at = now(), last_error = coalesce(last_error, 'not sent in time: no mail server')
where id = any (array(
  select id from gateway.emails
  where accepted_at is null and failed_at is null and expires_at <= now() and expires_at > '-infinity'
  order by expires_at limit $1
  for no key update skip locked))
returning id
