-- A page of a webhook's deliveries, the latest first, and how many there are.
-- $1 webhook_id bigint
-- $2 status text: waiting, delivered or failed; null for all
-- $3 limit bigint
-- $4 offset bigint
select
  (
    select count(*) from gateway.webhook_deliveries d
    where d.webhook_id = $1 and ($2::text is null or $2 = case
      when d.delivered_at is not null then 'delivered' when d.failed_at is not null then 'failed' else 'waiting' end)
  ) as total,
  array_to_json(array(
    select s from gateway.shown_deliveries s
    where s.webhook_id = $1 and ($2::text is null or s.status = $2)
    order by s.webhook_id desc, s.id desc limit $3 offset $4
  )) as deliveries
