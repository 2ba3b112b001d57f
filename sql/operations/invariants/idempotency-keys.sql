-- No Idempotency-Key has two orders, and no order was placed by two of them.
-- $1 most bigint: broken ones to show
select about, '1' as kept, found::text as found, count(*) over () as broken
from (
  -- Without the key itself, which may be named after a person.
  select 'a key with the orders ' || string_agg(distinct order_id::text, ', ') as about, count(*) as found
  from gateway.idempotency_keys group by caller, key having count(*) > 1
  union all
  select 'keys of order ' || order_id, count(*)
  from gateway.idempotency_keys where order_id is not null group by order_id having count(*) > 1
) twice
order by about
limit $1
