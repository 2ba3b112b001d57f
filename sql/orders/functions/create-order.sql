-- Makes an order of a basket for a user whose row is locked and has the order's number already: snapshots, stock,
-- totals, history (by trigger), all or nothing. Every face places its orders here. Refuses with PRODUCT_NOT_PRICED,
-- INSUFFICIENT_STOCK. `input`: sell_unpriced (the setting), and whatever of the order's own fields the caller sent; the
-- rest is filled in. One that starts as cancelled takes no stock.
create or replace function orders.create_order(buyer users.users, basket orders.basket,
  input jsonb) returns orders.orders
language plpgsql as $$
declare
  made orders.orders;
  new_id bigint;
  setting text;
  made_at constant timestamptz := clock_timestamp();
  name constant text := trim(concat_ws(' ', buyer.first_name, buyer.last_name));
begin
  if cardinality(basket.unpriced) > 0 then
    perform orders.refuse_unpriced(basket.unpriced, (input ->> 'sell_unpriced')::boolean);
  end if;
  if basket.is_tracked and input ->> 'status' is distinct from 'cancelled' then
    -- Assignments without a query: nearly for nothing.
    new_id := nextval('orders.orders_id_seq');
    setting := set_config('db_service.stock_reason', 'order_placed', true);
    setting := set_config('db_service.stock_order', new_id::text, true);
    basket.lines := orders.take_stock(basket.lines);
  end if;

  -- An address of the order's own is not mixed with the user's.
  if jsonb_typeof(input -> 'shipping_address') = 'object' then
    buyer.street_address := null;
    buyer.city := null;
    buyer.postal_code := null;
    buyer.country := null;
  end if;

  insert into orders.orders (
    id, user_id, order_number, eval_set, order_dow, order_hour_of_day, days_since_prior_order, status,
    total_items, total_quantity, total_price, customer_name, customer_email,
    delivery_name, phone_number, street_address, city, postal_code, country,
    tracking_number, shipping_carrier, tracking_url, payment_method, shipping_address, billing_address, customer_notes,
    tax_rate, shipping_rate, free_shipping_from, request_id, created_at, updated_at)
  select
    coalesce(new_id, nextval('orders.orders_id_seq')), buyer.id, buyer.last_order_number, 'new',
    coalesce((input ->> 'order_dow')::smallint, extract(dow from made_at at time zone 'UTC')),
    coalesce((input ->> 'order_hour_of_day')::smallint, extract(hour from made_at at time zone 'UTC')),
    coalesce((input ->> 'days_since_prior_order')::real, (
      select case when prior.created_at < made_at then floor(extract(epoch from made_at - prior.created_at) / 86400) end
      from orders.orders prior
      where prior.user_id = buyer.id order by prior.created_at desc, prior.id desc limit 1)),
    'pending', cardinality(basket.lines), basket.quantity, basket.price, name, buyer.email_address,
    coalesce(input ->> 'delivery_name', name),
    coalesce(input ->> 'phone_number', buyer.phone_number),
    coalesce(input ->> 'street_address', buyer.street_address),
    coalesce(input ->> 'city', buyer.city),
    coalesce(input ->> 'postal_code', buyer.postal_code),
    coalesce(input ->> 'country', buyer.country),
    input ->> 'tracking_number', input ->> 'shipping_carrier', input ->> 'tracking_url',
    input ->> 'payment_method', nullif(input -> 'shipping_address', 'null'), nullif(input -> 'billing_address', 'null'),
    input ->> 'customer_notes',
    (input ->> 'tax_rate')::numeric, (input ->> 'shipping_rate')::numeric, (input ->> 'free_shipping_from')::numeric,
    nullif(current_setting('db_service.request_id', true), ''), made_at, made_at
  -- None for nobody: so orders.warm has the plan made.
  where buyer.id is not null
  returning * into made;

  insert into orders.order_items (
    id, order_id, product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku, image_url,
      stock_taken, ordered_at)
  select l.id, made.id, l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name,
    l.product_sku,
    l.image_url, l.stock_taken, made_at
  from unnest(basket.lines) l;

  -- An order that is made in another status than pending has been pending first: the history shows both.
  if input ->> 'status' <> 'pending' then
    update orders.orders set status = input ->> 'status' where id = made.id returning * into made;
  end if;
  return made;
end
$$;
