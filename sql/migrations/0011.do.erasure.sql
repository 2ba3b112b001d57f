-- Whose order the kept answer shows, so that the answer goes with the person, also where the order has been deleted before.
alter table gateway.idempotency_keys
  add column user_id bigint constraint idempotency_keys_user_id_fkey references users.users on delete cascade;
update gateway.idempotency_keys k set user_id = o.user_id from orders.orders o where o.id = k.order_id;
create index idempotency_keys_user_id_idx on gateway.idempotency_keys (user_id);
drop index gateway.idempotency_keys_order_id_idx;
