-- Gives up on deliveries that nobody took within three days.
-- $1 limit bigint
select gateway.expire_deliveries($1) as expired
