-- Makes dead letters of emails that nobody could send in time.
update gateway.emails set failed_at = now(), last_error = coalesce(last_error, 'not sent in time: no mail server')
where accepted_at is null and failed_at is null and expires_at <= now()
returning id
