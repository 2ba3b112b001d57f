-- Lets ids go on where they were before everything was dropped.
-- $1 kept jsonb: the next id of users and orders, where there was one
select
  setval('users.users_id_seq', greatest(last_value, ($1::jsonb ->> 'users')::bigint), false),
  setval('orders.orders_id_seq',
    greatest((select last_value from orders.orders_id_seq), ($1 ->> 'orders')::bigint), false)
from users.users_id_seq
