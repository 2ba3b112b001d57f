-- Clears carts that nobody touched for 90 days; one that is being changed is passed by.
-- $1 limit bigint
delete from orders.carts where cart_id = any (array(
  select cart_id from orders.carts where updated_at < now() - interval '90 days'
    order by updated_at limit $1 for update skip locked))
returning cart_id
