-- Adds a webhook; none where there are so many already.
-- $1 url text
-- $2 event_types text[]
-- $3 active boolean
-- $4 secret text: encrypted
-- $5 most bigint: webhooks there may be
insert into gateway.webhooks (url, event_types, active, secret)
select $1, $2, $3, $4 where (select count(*) from gateway.webhooks where deleted_at is null) < $5
returning id
