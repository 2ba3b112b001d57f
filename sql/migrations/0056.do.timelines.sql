-- What an order's timeline looks up (sql/orders/list-timeline.sql), and that a request was repeated.
alter table gateway.idempotency_keys
  add column repeats integer not null default 0,
  add column last_repeated_at timestamptz;
comment on column gateway.idempotency_keys.repeats is 'How often the request came again and got the first response.';

create index idempotency_keys_order_id_idx on gateway.idempotency_keys (order_id) where order_id is not null;
comment on index gateway.idempotency_keys_order_id_idx is
  'sql/orders/list-timeline.sql: the key that an order was placed with.';
-- Only what is published: another index of what waits, in the same order, would do for sql/events/claim-events.sql,
-- too.
create index outbox_order_id_idx on orders.outbox (order_id) where published_at is not null;
comment on index orders.outbox_order_id_idx is 'sql/orders/list-timeline.sql: the events of an order that went out.';
