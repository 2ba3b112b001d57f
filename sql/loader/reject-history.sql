-- Status changes that are not valid. An order may stand in this load or in the database, if it was not placed here.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when orders.is_placed_here(o) then 'order ' || o.id || ' was placed here'
    when c.id is null and o.id is null then 'there is no order ' || s.order_id
    when known.status is null then 'there is no status ' || s.status
  end as reason
  from staged_history s
  left join chosen_orders c on c.id = s.order_id::bigint
  left join orders.orders o on o.id = s.order_id::bigint
  left join (
    select from_status as status from orders.status_transitions union select to_status from orders.status_transitions
  ) known on known.status = s.status
) checked
where reason is not null
