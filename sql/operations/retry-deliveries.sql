-- Has deliveries to webhooks that failed for good retried, with as much time as new ones; or one.
-- $1 id bigint: null for all
-- $2 limit bigint
select id from gateway.retry_deliveries($1, $2) id
