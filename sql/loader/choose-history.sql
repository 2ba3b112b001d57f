-- Of the valid status changes, each once. `place` is their order where the time is the same.
create temp table chosen_history on commit drop as
select latest.file, latest.order_id, latest.status, latest.changed_at,
  row_number() over (partition by latest.order_id order by latest.changed_at, latest.file, latest.line) as place,
  exists (
    select from orders.order_status_history h
    where h.order_id = latest.order_id and h.status = latest.status and h.changed_at = latest.changed_at) as known
from (
  select distinct on (s.order_id::bigint, changed.at, s.status) s.file, s.line,
    s.order_id::bigint as order_id, s.status, changed.at as changed_at
  from staged_history s
  cross join lateral (select coalesce(s.changed_at::timestamptz, now()) as at) changed
  where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
  order by s.order_id::bigint, changed.at, s.status, s.file desc, s.line desc
) latest
