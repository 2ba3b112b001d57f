-- A line of an order with all that its answer shows of it.
create type bench_best.line as (
  product_id integer, quantity integer, add_to_cart_order integer, reordered smallint, price numeric(10, 2),
  product_name text, product_sku text, image_url text, description text, department_name text, aisle_name text,
  stock_taken integer
);

-- Makes an order of the lines for a user whose row is locked and whose number is taken; returns it as callers see it,
-- from what is in hand.
create function bench_best.create_order(
  buyer users.users, lines bench_best.line[], input jsonb, out order_id bigint, out answer text)
language plpgsql as $$
declare
  made_at constant timestamptz := clock_timestamp();
  prior timestamptz;
  made orders.orders;
begin
  if (input ->> 'sell_unpriced')::boolean is false and exists (select from unnest(lines) l where l.price is null) then
    perform bench_reference.refuse('PRODUCT_NOT_PRICED', jsonb_build_object('products',
      (select jsonb_agg(l.product_id order by l.product_id) from unnest(lines) l where l.price is null)));
  end if;
  if exists (select from products.inventory where product_id = any (array(select product_id from unnest(lines)))) then
    lines := array(
      select row(l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name, l.product_sku,
        l.image_url, l.description, l.department_name, l.aisle_name, t.stock_taken)::bench_best.line
      from unnest(lines) l
      join unnest(bench_reference.take_stock(array(
        select row(null, l.product_id, null, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name,
          l.product_sku, l.image_url, null, 0, null)::bench_reference.line
        from unnest(lines) l))) t using (product_id)
      order by l.product_id);
  end if;

  select o.created_at into prior from orders.orders o
  where o.user_id = buyer.id order by o.created_at desc, o.id desc limit 1;

  insert into orders.orders (
    user_id, order_number, eval_set, order_dow, order_hour_of_day, days_since_prior_order, status,
    total_items, total_quantity, total_price, customer_name, customer_email,
    delivery_name, phone_number, street_address, city, postal_code, country,
    tracking_number, shipping_carrier, tracking_url, request_id, created_at, updated_at)
  select
    buyer.id, buyer.last_order_number, 'new',
    coalesce((input ->> 'order_dow')::smallint, extract(dow from made_at at time zone 'UTC')),
    coalesce((input ->> 'order_hour_of_day')::smallint, extract(hour from made_at at time zone 'UTC')),
    coalesce((input ->> 'days_since_prior_order')::real,
      case when prior < made_at then floor(extract(epoch from made_at - prior) / 86400) end),
    'pending', count(*), sum(l.quantity), coalesce(sum(l.price * l.quantity), 0), name, buyer.email_address,
    coalesce(input ->> 'delivery_name', name),
    coalesce(input ->> 'phone_number', buyer.phone_number),
    coalesce(input ->> 'street_address', buyer.street_address),
    coalesce(input ->> 'city', buyer.city),
    coalesce(input ->> 'postal_code', buyer.postal_code),
    coalesce(input ->> 'country', buyer.country),
    input ->> 'tracking_number', input ->> 'shipping_carrier', input ->> 'tracking_url',
    nullif(current_setting('db_service.request_id', true), ''), made_at, made_at
  from unnest(lines) l, trim(concat_ws(' ', buyer.first_name, buyer.last_name)) name
  group by name
  returning * into made;
  order_id := made.id;

  insert into orders.order_items (
    order_id, product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku, image_url,
    stock_taken, ordered_at)
  select made.id, l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name, l.product_sku,
    l.image_url, l.stock_taken, made_at
  from unnest(lines) l;

  select row_to_json(fields)::text into answer
  from (
    select made.id::text as order_id, buyer.external_user_id as user_id, made.order_number, made.order_dow,
      made.order_hour_of_day, made.days_since_prior_order, made.total_items, made.total_quantity, made.total_price,
      made.status, made.delivery_name, made.phone_number, made.street_address, made.city, made.postal_code,
      made.country, made.tracking_number, made.shipping_carrier,
      case when made.tracking_url ~* '^https?://' then made.tracking_url end as tracking_url, null as invoice,
      made.created_at, made.updated_at,
      array(
        select i from (
          select l.product_id, l.product_name, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.description,
            l.image_url, l.department_name, l.aisle_name
          from unnest(lines) l order by l.add_to_cart_order, l.product_id
        ) i
      ) as items,
      array(
        select h from (
          select history_id, h.order_id::text as order_id, status, changed_at, changed_by, note
          from orders.order_status_history h where h.order_id = made.id order by h.changed_at, h.history_id
        ) h
      ) as status_history
  ) fields;
end
$$;
