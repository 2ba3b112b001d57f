-- Records what happened to an order, whoever changed it. Deferred to the end of the transaction, when the items of a
-- new order are there too; the order's row is still locked then, so the events of one order get their ids in the order
-- of the changes. Where no gateway has a broker there is nothing to publish, and so no reason to keep an address.
create or replace function orders.record_event() returns trigger
language plpgsql as $$
declare
  is_published constant boolean :=
    not exists (select from gateway.event_publishers where last_seen > now() - interval '7 days');
begin
  insert into orders.outbox (order_id, event_type, payload, published_at, request_id, traceparent)
  select new.id, kind.event_type,
    jsonb_build_object(
      'event_type', kind.event_type,
      'order_id', new.id,
      'user_email', case when not is_published then
        coalesce(new.customer_email, (select u.email_address from users.users u where u.id = new.user_id)) end,
      'total', new.total_amount,
      'items', coalesce((
        select jsonb_agg(jsonb_build_object(
          'product_id', i.product_id, 'product_name', i.product_name, 'quantity', i.quantity, 'price', i.price)
          order by i.add_to_cart_order, i.product_id)
        from orders.order_items i where i.order_id = new.id
      ), '[]'),
      'status', new.status,
      -- In UTC, whatever the time zone of whoever changes the order.
      'occurred_at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')),
    case when is_published then clock_timestamp() end,
    nullif(current_setting('db_service.request_id', true), ''),
    nullif(current_setting('db_service.traceparent', true), '')
  from (
    select case
      when tg_op = 'INSERT' then 'order_created'
      when new.status = 'cancelled' then 'order_cancelled'
      else 'order_status_updated'
    end as event_type
  ) kind;
  return null;
end
$$;
