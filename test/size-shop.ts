import type { Sql } from 'postgres'

/** Things that are alike in a shop of any size, so that what is done with them should cost alike. */
export interface Sample {
  /** Has twenty orders, or nearly, and a cart of three products. */
  user: string
  userKey: string
  email: string
  hash: string
  /** Has a cart, too: a checkout takes it away. */
  other: string
  cartless: string
  /** Delivered long ago, of about ten products; with an invoice. */
  order: string
  reference: string
  /** The same user's latest, still pending. */
  open: string
  /** In about forty orders, with a price and a stock. */
  product: string
  /** In most orders. */
  popular: string
  /** In the sample's cart. */
  inCart: string
  email_id: string
  event: string
  /** Of the first webhook. */
  delivery: string
  /** Far behind the first: nine tenths of all orders are newer. */
  deepTime: string
  deepId: string
}

/** What a shop of `orders` has besides, when it has been at work for as long: all of it done, a bit of it waiting. */
const AT_WORK = `
  set db_service.loading = 'on';
  update orders.orders o set status = 'pending' from users.users u
    where u.id = o.user_id and u.last_order_number = o.order_number;
  reset db_service.loading;
  insert into products.inventory (product_id, stock) select product_id, 1000000 from products.products
  where product_id % 3 = 0;
  update users.users set hashed_password = 'hash ' || id;
  insert into orders.carts (user_id) select id from users.users where id > (select min(id) from users.users);
  insert into orders.cart_items (cart_id, product_id, quantity, add_to_cart_order)
    select c.cart_id, 1 + (c.user_id * 7 + n * 11) % (select count(*) from products.products), 1, n
    from orders.carts c cross join generate_series(1, 3) n;
  insert into orders.outbox (order_id, event_type, payload, published_at, sequence) select id, 'order_created',
    '{"status": "paid"}', now(), row_number() over (order by id) from orders.orders;
  update orders.event_feed set last_sequence = (select max(sequence) from orders.outbox);
  insert into gateway.webhooks (url, event_types, secret, paused_until)
    select 'https://shop.example/', '{order_created}', '', 'infinity' from generate_series(1, 20);
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, delivered_at)
    select 1 + id % 20, id, order_id, now() from orders.outbox;
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, failed_at, delivered_at)
    select 1, id, order_id, case when id % 2 = 0 then now() end, null from orders.outbox order by id limit 50;
  insert into orders.outbox (order_id, event_type, payload) select id, 'order_status_updated', '{"status": "paid"}'
    from orders.orders order by id desc limit 50;
  insert into users.reminders (user_id, due_at) select user_id, created_at from orders.orders group by 1, 2;
  insert into gateway.emails (user_id, due_at, accepted_at) select user_id, due_at, now() from users.reminders;
  insert into gateway.emails (user_id, history_id) select o.user_id, h.history_id from orders.order_status_history h
    join orders.orders o on o.id = h.order_id order by h.history_id desc limit 50;
  update gateway.emails set failed_at = now() where id in (select id from gateway.emails where history_id is not null
    order by id desc limit 20);
  insert into gateway.idempotency_keys (caller, key, request_hash, answer, order_id) select 'somebody', id::text,
    'hash', '{}', id from orders.orders;
  insert into orders.invoices (order_id, content_type, document) select id, 'application/pdf', 'x' from orders.orders;
  insert into gateway.event_publishers (queue, last_seen) values ('order_events', now());
  update users.users set order_notifications_next_scheduled_time = now() + interval '3 days';
  update users.users set order_notifications_next_scheduled_time = now() - interval '1 hour'
    where id in (select id from users.users order by id desc limit 20);
  vacuum analyze`

/** Fills what the loader leaves empty, and looks for what there is to ask for. */
export async function setToWork (sql: Sql): Promise<Sample> {
  for (const statement of AT_WORK.split(/;\n/)) await sql.unsafe(statement)
  const [sample] = await sql.unsafe<Sample[]>(`
    with buyer as materialized (
      select user_id from orders.orders group by user_id order by abs(count(*) - 20), user_id limit 2
    ), deep as materialized (
      select created_at, id from orders.orders order by created_at, id
      offset (select count(*) / 10 from orders.orders) limit 1
    ), done as materialized (
      select id, order_reference from orders.orders where user_id = (select min(user_id) from buyer)
      and status = 'delivered' order by abs(total_items - 10), id limit 1
    )
    select u.external_user_id::text as user, u.id::text as "userKey", u.email_address as email,
      u.hashed_password as hash,
      (select external_user_id::text from users.users where id = (select max(user_id) from buyer)) as other,
      (select external_user_id::text from users.users where id not in (select user_id from orders.carts) limit 1)
        as cartless,
      done.id::text as order, done.order_reference as reference,
      (select id::text from orders.orders where status = 'pending' and user_id = u.id) as open,
      (select i.product_id::text from orders.order_items i join products.inventory using (product_id)
        where price is not null group by 1 order by abs(count(*) - 40), i.product_id::text limit 1) as product,
      (select product_id::text from orders.order_items group by 1 order by count(*) desc limit 1) as popular,
      (select i.product_id::text from orders.cart_items i join orders.carts c using (cart_id) where c.user_id = u.id
        order by 1 limit 1) as "inCart",
      (select max(id)::text from gateway.emails where failed_at is not null) as email_id,
      (select max(id)::text from orders.outbox where published_at is null) as event,
      (select max(id)::text from gateway.webhook_deliveries where webhook_id = 1) as delivery,
      (extract(epoch from deep.created_at) * 1000000)::bigint::text as "deepTime", deep.id::text as "deepId"
    from users.users u, deep, done where u.id = (select min(user_id) from buyer)`)
  return sample!
}
