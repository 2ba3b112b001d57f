-- Chosen orders with a number that another order of the same user has, here or in the database: the first to come keeps
-- it.
insert into loader_rejects (file, line, reason)
select file, line, 'user ' || user_id || ' has another order with the number ' || order_number
from (
  select c.file, c.line, c.user_id, c.order_number,
    row_number() over (partition by c.user_id, c.order_number order by c.claim) > 1 or o.id is not null as is_taken
  from chosen_orders c
  left join orders.orders o on o.user_id = c.user_id and o.order_number = c.order_number and o.id <> c.id
) checked
where is_taken
