-- One webhook.
-- $1 id bigint
select * from gateway.shown_webhooks where id = $1
