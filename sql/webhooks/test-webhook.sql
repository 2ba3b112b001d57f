-- Puts a test into a webhook's queue.
-- $1 webhook_id bigint
insert into gateway.webhook_deliveries (webhook_id, message_id)
select id, gen_random_uuid() from gateway.webhooks where id = $1 and deleted_at is null
returning id
