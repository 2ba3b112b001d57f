create or replace function bench_reference.checkout(input jsonb) returns bigint
language plpgsql as $$
declare
  buyer_id constant bigint := bench_reference.internal_id((input ->> 'user_id')::uuid);
  if_match constant text[] := case jsonb_typeof(input -> 'if_match') when 'array' then
    array(select jsonb_array_elements_text(input -> 'if_match')) end;
  cart orders.carts;
  lines jsonb;
  new_id bigint;
begin
  perform from users.users where id = buyer_id for no key update;
  select * into cart from orders.carts where user_id = buyer_id for update;
  if if_match is not null and cart.cart_id is null then
    perform bench_reference.refuse('PRECONDITION_FAILED');
  end if;
  perform bench_reference.check_cart(cart, if_match);

  select jsonb_agg(jsonb_build_object(
    'product_id', i.product_id, 'quantity', i.quantity, 'add_to_cart_order', i.add_to_cart_order, 'reordered', i.reordered)
    order by i.add_to_cart_order, i.product_id)
  into lines
  from orders.carts c
  join orders.cart_items i using (cart_id)
  where c.user_id = buyer_id;
  if lines is null then
    perform bench_reference.refuse('CART_EMPTY');
  end if;

  new_id := bench_reference.create_order(buyer_id, input || jsonb_build_object('items', lines));
  perform bench_reference.check_cart(cart, if_match);
  delete from orders.carts where user_id = buyer_id;
  return new_id;
end
$$;

create or replace function bench_reference.create_order(buyer_id bigint, input jsonb) returns bigint
language plpgsql as $$
declare
  buyer users.users;
  lines bench_reference.line[];
  new_id bigint;
  made_at constant timestamptz := clock_timestamp();
  prior timestamptz;
begin
  update users.users set last_order_number = last_order_number + 1 where id = buyer_id returning * into buyer;
  if buyer.id is null then
    perform bench_reference.refuse('USER_NOT_FOUND');
  end if;

  lines := array(select l from bench_reference.price_lines(input -> 'items') l);
  perform bench_reference.refuse_unpriced(lines, (input ->> 'sell_unpriced')::boolean);
  if input ->> 'status' is distinct from 'cancelled' then
    lines := bench_reference.take_stock(lines);
  end if;
  if jsonb_typeof(input -> 'shipping_address') = 'object' then
    buyer.street_address := null;
    buyer.city := null;
    buyer.postal_code := null;
    buyer.country := null;
  end if;

  select o.created_at into prior from orders.orders o
  where o.user_id = buyer.id order by o.created_at desc, o.id desc limit 1;

  insert into orders.orders (
    user_id, order_number, eval_set, order_dow, order_hour_of_day, days_since_prior_order, status,
    total_items, total_quantity, total_price, customer_name, customer_email,
    delivery_name, phone_number, street_address, city, postal_code, country,
    tracking_number, shipping_carrier, tracking_url, payment_method, shipping_address, billing_address, customer_notes,
    tax_rate, shipping_rate, free_shipping_from, request_id, created_at, updated_at)
  select
    buyer.id, buyer.last_order_number, 'new',
    coalesce((input ->> 'order_dow')::smallint, extract(dow from made_at at time zone 'UTC')),
    coalesce((input ->> 'order_hour_of_day')::smallint, extract(hour from made_at at time zone 'UTC')),
    coalesce((input ->> 'days_since_prior_order')::real, case when prior < made_at then floor(extract(epoch from made_at - prior) / 86400) end),
    'pending',
    count(*), sum(l.quantity), coalesce(sum(l.price * l.quantity), 0),
    trim(concat_ws(' ', buyer.first_name, buyer.last_name)), buyer.email_address,
    coalesce(input ->> 'delivery_name', trim(concat_ws(' ', buyer.first_name, buyer.last_name))),
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
  from unnest(lines) l
  returning id into new_id;

  insert into orders.order_items (
    order_id, product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku, image_url,
    product_attributes, stock_taken, ordered_at)
  select new_id, l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name, l.product_sku,
    l.image_url, l.product_attributes, l.stock_taken, made_at
  from unnest(lines) l;
  if input ->> 'status' <> 'pending' then
    update orders.orders set status = input ->> 'status' where id = new_id;
  end if;
  return new_id;
end
$$;
