-- A page of a webhook's deliveries, and how many there are: the latest first, those that wait in the order in which
-- they are due. Each status has an index of its own, but for those that arrived, which are nearly all.
-- $1 webhook_id bigint
-- $2 status text: waiting, delivered or failed; null for all
-- $3 limit bigint
-- $4 offset bigint
with counted as materialized (
  select
    case when $2::text is null or $2 = 'delivered' then (
      select count(*) from gateway.webhook_deliveries where webhook_id = $1) else 0 end as every,
    case when $2 is not null and $2 <> 'waiting' then (
      select count(*) from gateway.webhook_deliveries where webhook_id = $1 and failed_at is not null) else 0 end
      as failed,
    case when $2 is not null and $2 <> 'failed' then (
      select count(*) from gateway.webhook_deliveries
      where webhook_id = $1 and delivered_at is null and failed_at is null) else 0 end as waiting
),
page as materialized (
  select array(
    select id from gateway.webhook_deliveries
    where coalesce($2, 'delivered') = 'delivered' and webhook_id = $1 and ($2 is null or delivered_at is not null)
    order by webhook_id desc, id desc limit $3 offset $4
  ) || array(
    select id from gateway.webhook_deliveries
    where $2 = 'failed' and webhook_id = $1 and failed_at is not null
    order by webhook_id desc, id desc limit $3 offset $4
  ) || array(
    select id from gateway.webhook_deliveries
    where $2 = 'waiting' and webhook_id = $1 and delivered_at is null and failed_at is null
      and next_attempt_at > '-infinity'
    order by webhook_id, next_attempt_at limit $3 offset $4
  ) as ids
)
select
  (
    select case $2 when 'waiting' then waiting when 'failed' then failed when 'delivered' then every - failed - waiting
      else every end
    from counted
  ) as total,
  array_to_json(array(
    select shown
    from unnest((select ids from page)) with ordinality u (id, place)
    cross join lateral (select * from gateway.shown_deliveries where id = u.id offset 0) shown
    order by u.place
  )) as deliveries
