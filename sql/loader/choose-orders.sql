-- Of the valid orders, the last row for each key. One without a number gets its user's next, in the order of time.
-- `claim` is the place of the row with which an order first took its number.
create temp table chosen_orders on commit drop as
with latest as (
  select distinct on (s.order_id::bigint) s.file, s.line, s.order_id::bigint as id, s.user_id::bigint as user_id,
    s.order_number::integer as order_number, s.eval_set, s.order_dow::smallint as order_dow,
    s.order_hour_of_day::smallint as order_hour_of_day, s.days_since_prior_order::real as days_since_prior_order,
    s.created_at::timestamptz as created_at, s.tracking_number, s.shipping_carrier, s.tracking_url,
    min(array[s.file, s.line]) over (partition by s.order_id::bigint, s.user_id, s.order_number) as claim
  from staged_orders s
  where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
  order by s.order_id::bigint, s.file desc, s.line desc
), dated as (
  select l.file, l.line, l.claim, l.id, l.user_id, l.eval_set, l.order_dow, l.order_hour_of_day,
    l.days_since_prior_order, l.tracking_number, l.shipping_carrier, l.tracking_url,
    coalesce(l.created_at, o.created_at, now()) as created_at,
    coalesce(l.order_number, case when o.user_id = l.user_id then o.order_number end) as order_number,
    u.last_order_number,
    o.id is not null as known
  from latest l
  join users.users u on u.id = l.user_id
  left join orders.orders o on o.id = l.id
)
select file, line, claim, id, user_id, eval_set, order_dow, order_hour_of_day, days_since_prior_order, tracking_number,
  shipping_carrier, tracking_url, created_at, known,
  coalesce(order_number, (
    greatest(last_order_number, max(order_number) over (partition by user_id))
    + count(*) filter (where order_number is null)
      over (partition by user_id order by created_at, id))::integer) as order_number
from dated
