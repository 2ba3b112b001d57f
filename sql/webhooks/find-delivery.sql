-- One delivery.
-- $1 webhook_id bigint
-- $2 id bigint
select * from gateway.shown_deliveries where id = $2 and webhook_id = $1
