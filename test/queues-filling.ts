// What fills the queues of queues-at-size.ts.

/** A webhook that takes what waits, one that is paused, and one that was deleted. */
export const WEBHOOKS = `
  insert into gateway.webhooks (url, event_types, secret, paused_until, deleted_at) values
    ('https://shop.example/', '{order_created}', '', null, null),
    ('https://shop.example/', '{order_created}', '', 'infinity', null),
    ('https://shop.example/', '{order_created}', '', null, now());
  update orders.event_feed set last_sequence = 1000000000`

/** Rows `from` to `to` of what is done and stays, in every table that is a queue or is cleared. Orders: every fifth. */
export const DONE = `
  insert into orders.outbox (order_id, event_type, payload, published_at, sequence) select n, 'order_created',
  '{"status": "paid"}', now(), n from generate_series($from, $to) n;
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, delivered_at) select 1, n, n, now()
  from generate_series($from, $to) n;
  insert into users.users (id, first_name, last_name, email_address, order_notifications_next_scheduled_time)
    select 1000000 + n, 'User', n::text, 'done' || n || '@example.com', now() + interval '10 days'
    from generate_series($from, $to, 5) n;
  insert into users.reminders (user_id, due_at) select 1000000 + n, now() - interval '1 day' from generate_series($from,
  $to) n;
  insert into gateway.emails (user_id, due_at, accepted_at) select 1000000 + n, now(), now() from generate_series($from,
  $to) n;
  insert into gateway.idempotency_keys (caller, key, request_hash, answer) select 'caller', 'done' || n, 'hash', '{}'
  from generate_series($from, $to) n;
  insert into orders.carts (user_id) select 1000000 + n from generate_series($from, $to) n;
  insert into orders.order_totals (day, status, shard, orders, total_quantity, total_price)
    select date '2000-01-01' + n, 'paid', -1, 1, 1, 1 from generate_series($from, least($to, 7000)) n;
  insert into products.stock_movements (product_id, quantity, stock, reason, moved_at)
    select n, 1, 1, 'other', now() from generate_series($from, $to) n;
  insert into products.rankings (product_id) select n from generate_series($from, least($to, 2000)) n
    on conflict do nothing;
  insert into orders.orders (id, order_reference, order_dow, order_hour_of_day, created_at)
    select n, 'ORD-done-' || n, 0, 0, timestamptz '2020-01-01' + n * interval '1 minute' from generate_series($from,
    $to, 5) n;
  insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select n, n % 30 + 1, 1, 'Product', timestamptz '2020-01-01' + n * interval '1 minute' from generate_series($from,
    $to, 5) n;`

/** Rows `from` to `to` of what is to be worked off or cleared. */
export const WAITING = `
  insert into orders.outbox (order_id, event_type, payload) select 10000000 + n, 'order_created', '{"status": "paid"}'
  from generate_series($from, $to) n;
  insert into orders.outbox (order_id, event_type, payload) select 9000000, 'order_created', '{"status": "paid"}'
  from generate_series($from, $to) n;
  insert into orders.outbox (order_id, event_type, payload, claimed_until)
    select 5000000 + n, 'order_created', '{"status": "paid"}', now() + interval '1 day' from generate_series($from,
    $to) n;
  insert into orders.outbox (order_id, event_type, payload, published_at)
    select 4000000 + n, 'order_created', '{"status": "paid"}', now() - interval '8 days' from generate_series($from,
    $to) n;
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, created_at, next_attempt_at, expires_at)
    select kind.webhook, kind.event + n, coalesce(kind.of_order, 10000000 + n), now() - kind.age, kind.next,
      now() + kind.expires
    from generate_series($from, $to) n, (values
      (1, 100000000, null::int, interval '1 minute', now(), interval '3 days'),
      (1, 200000000, 9000000, '1 minute', 'infinity', '3 days'),
      (2, 300000000, null, '4 days', now(), '-1 day'),
      (3, 400000000, null, '1 minute', now(), '3 days'),
      (2, null, null, '8 days', now(), '3 days')) as kind (webhook, event, of_order, age, next, expires);
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, failed_at, last_error)
    select 1, 500000000 + n, 3000000 + n, now() - interval '1 hour', 'no' from generate_series($from, $to) n;
  insert into users.users (id, first_name, last_name, email_address, order_notifications_next_scheduled_time,
  order_notifications_via_email)
    select 2000000 + n, 'User', n::text, 'due' || n || '@example.com', now() - interval '1 hour', true
    from generate_series($from, $to, 5) n;
  insert into users.reminders (user_id, due_at) select 2000000 + n, now() - interval '401 days'
  from generate_series($from, $to) n;
  insert into gateway.emails (user_id, due_at, next_attempt_at, expires_at, server_away, accepted_at, failed_at)
    select 2000000 + n - n % 5, kind.at + n % 5 * interval '1 hour', now() + kind.next, now() + kind.expires, kind.away,
    now() + kind.accepted, now() + kind.failed
    from generate_series($from, $to) n, (values
      (timestamptz '2020-01-01', interval '-1 hour', interval '3 days', false, null::interval, null::interval),
      ('2020-02-01', '-30 minutes', '-1 minute', false, null, null),
      ('2020-03-01', '1 hour', '3 days', true, null, null),
      ('2020-04-01', '-1 hour', '1 hour', false, null, '-1 hour'),
      ('2020-05-01', '-1 hour', '1 hour', false, '-31 days', null)) as kind (at, next, expires, away, accepted, failed);
  insert into gateway.idempotency_keys (caller, key, request_hash, answer, created_at)
    select 'caller', 'old' || n, 'hash', '{}', now() - interval '25 hours' from generate_series($from, $to) n;
  insert into products.stock_movements (product_id, quantity, stock, reason, moved_at)
    select n, 1, 1, 'other', now() - interval '401 days' from generate_series($from, $to) n;
  insert into orders.popularity_changes (change, products)
    select 1, array[n % 30, n % 2000, n % 1999] from generate_series($from, $to) n;
  insert into orders.carts (user_id, updated_at) select 2000000 + n, now() - interval '91 days'
  from generate_series($from, $to) n;
  insert into orders.order_totals (day, status, shard, orders, total_quantity, total_price)
    select current_date - 2 - n / 352, 'status ' || n / 32 % 11, n % 32, 1, 1, 1 from generate_series($from, $to) n;
  insert into orders.orders (id, order_reference, order_dow, order_hour_of_day, created_at)
    select 10000000 + n, 'ORD-due-' || n, 0, 0, timestamptz '2025-01-01' + n * interval '1 minute'
    from generate_series($from, $to, 5) n;
  insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select 10000000 + n, n % 30 + 1, 1, 'Product', timestamptz '2025-01-01' + n * interval '1 minute'
    from generate_series($from, $to, 5) n;`

/** Takes away what waits. */
export const WORKED_OFF = `
  delete from orders.outbox where published_at is null;
  delete from orders.popularity_changes;
  delete from gateway.emails where accepted_at is null;
  delete from gateway.webhook_deliveries where delivered_at is null;
  delete from users.users where id >= 2000000;`

/** What is filled. */
export const TABLES = [
  'orders.outbox', 'gateway.webhook_deliveries', 'users.users', 'users.reminders', 'gateway.emails',
  'gateway.idempotency_keys', 'orders.carts', 'orders.order_totals', 'orders.orders', 'orders.order_items',
  'orders.popularity_changes', 'products.rankings', 'products.stock_movements'
]
