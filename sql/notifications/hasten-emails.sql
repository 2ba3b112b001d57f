-- The mail server is back: emails that waited for it alone are due at once.
update gateway.emails set next_attempt_at = now(), server_away = false
where accepted_at is null and failed_at is null and server_away and next_attempt_at > now()
returning id
