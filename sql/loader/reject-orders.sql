-- Orders that are not valid. One that was placed here is none of a file's, nor is a customer whose account was created
-- here.
insert into loader_rejects (file, line, reason)
select file, line, reason
from (
  select s.file, s.line, case
    when s.fault is not null then s.fault
    when orders.is_placed_here(o) then 'order ' || o.id || ' was placed here'
    when u.id is null then 'there is no user ' || s.user_id
    when not users.is_loaded(u) then 'user ' || u.id || ' is an account that was made here'
  end as reason
  from staged_orders s
  left join users.users u on u.id = s.user_id::bigint
  left join orders.orders o on o.id = s.order_id::bigint
) checked
where reason is not null
