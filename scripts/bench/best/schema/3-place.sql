-- A line of an order with all that its answer shows of it, and the lines with what they come to.
create type bench_best.line as (
  id bigint, product_id integer, quantity integer, add_to_cart_order integer, reordered smallint, price numeric(10, 2),
    product_name text,
  product_sku text, image_url text, description text, department_name text, aisle_name text, is_tracked boolean,
    stock_taken integer
);
create type bench_best.basket as (lines bench_best.line[], quantity bigint, price numeric, unpriced integer[],
  is_tracked boolean);

create function bench_best.basket_of(items jsonb) returns bench_best.basket
language plpgsql stable as $$
declare
  basket bench_best.basket;
  unknown jsonb;
begin
  select
    array_agg(row(nextval('orders.order_items_id_seq'), w.product_id, w.quantity, w.add_to_cart_order, w.reordered,
      c.price, c.product_name, c.sku, c.image_url, c.description,
      c.department_name, c.aisle_name, c.is_tracked, 0)::bench_best.line order by w.product_id),
    sum(w.quantity), coalesce(sum(c.price * w.quantity), 0), array_agg(w.product_id) filter (where c.price is null),
      bool_or(c.is_tracked),
    jsonb_agg(w.product_id order by w.product_id) filter (where c.product_name is null)
  into basket.lines, basket.quantity, basket.price, basket.unpriced, basket.is_tracked, unknown
  from (
    select i.product_id,
      sum(coalesce(i.quantity, 1))::integer as quantity,
      coalesce((array_agg(i.add_to_cart_order order by i.place))[1], min(i.place))::integer as add_to_cart_order,
      max(coalesce(i.reordered, 0))::smallint as reordered
    from rows from (
      jsonb_to_recordset(items) as (product_id integer, quantity integer, add_to_cart_order integer, reordered smallint)
    ) with ordinality as i (product_id, quantity, add_to_cart_order, reordered, place)
    group by i.product_id
  ) w
  -- One index look-up per line: left to itself the planner, who cannot know how few lines there are, may read the
  -- catalogue.
  left join lateral (
    select p.product_name, p.sku, e.price, e.image_url, e.description, d.department_name, a.aisle_name,
      s.product_id is not null as is_tracked
    from products.products p
    left join products.product_enriched e on e.product_id = p.product_id
    left join products.departments d on d.department_id = p.department_id
    left join products.aisles a on a.aisle_id = p.aisle_id
    left join products.inventory s on s.product_id = p.product_id
    where p.product_id = w.product_id
    offset 0
  ) c on true;
  if unknown is not null then
    perform bench_reference.refuse('PRODUCTS_NOT_FOUND', jsonb_build_object('products', unknown));
  end if;
  return basket;
end
$$;

create function bench_best.basket_of_cart(cart bigint) returns bench_best.basket
language plpgsql stable as $$
declare
  basket bench_best.basket;
begin
  select
    array_agg(row(nextval('orders.order_items_id_seq'), i.product_id, i.quantity, i.add_to_cart_order, i.reordered,
      e.price, p.product_name, p.sku,
      e.image_url, e.description, d.department_name, a.aisle_name, s.product_id is not null,
        0)::bench_best.line order by i.product_id),
    sum(i.quantity), coalesce(sum(e.price * i.quantity), 0), array_agg(i.product_id) filter (where e.price is null),
      bool_or(s.product_id is not null)
  into basket.lines, basket.quantity, basket.price, basket.unpriced, basket.is_tracked
  from orders.cart_items i
  join products.products p on p.product_id = i.product_id
  left join products.product_enriched e on e.product_id = i.product_id
  left join products.departments d on d.department_id = p.department_id
  left join products.aisles a on a.aisle_id = p.aisle_id
  left join products.inventory s on s.product_id = i.product_id
  where i.cart_id = cart;
  return basket;
end
$$;

-- Makes an order of a basket for a user whose row is locked and has the order's number already.
create function bench_best.create_order(buyer users.users, basket bench_best.basket, input jsonb) returns orders.orders
language plpgsql as $$
declare
  made orders.orders;
  made_at constant timestamptz := clock_timestamp();
  name constant text := trim(concat_ws(' ', buyer.first_name, buyer.last_name));
begin
  if cardinality(basket.unpriced) > 0 then
    if (input ->> 'sell_unpriced')::boolean is false then
      perform bench_reference.refuse('PRODUCT_NOT_PRICED', jsonb_build_object('products',
        array(select p from unnest(basket.unpriced) p order by p)));
    end if;
  end if;
  if basket.is_tracked and input ->> 'status' is distinct from 'cancelled' then
    basket.lines := array(
      select row(l.id, l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name,
        l.product_sku, l.image_url,
        l.description, l.department_name, l.aisle_name, l.is_tracked, t.stock_taken)::bench_best.line
      from unnest(basket.lines) l
      join unnest(bench_reference.take_stock(array(
        select row(null, l.product_id, null, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name,
          l.product_sku,
          l.image_url, null, 0, null)::bench_reference.line
        from unnest(basket.lines) l))) t using (product_id)
      order by l.product_id);
  end if;

  -- An address of the order's own is not mixed with the user's.
  if jsonb_typeof(input -> 'shipping_address') = 'object' then
    buyer.street_address := null;
    buyer.city := null;
    buyer.postal_code := null;
    buyer.country := null;
  end if;

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

-- The order as callers see it, from what is in hand.
create function bench_best.show_made(o orders.orders, buyer users.users, lines bench_best.line[]) returns text
language plpgsql as $$
begin
  return (
    select row_to_json(fields)::text
    from (
      select o.id::text as order_id, buyer.external_user_id as user_id, o.order_number, o.order_dow,
        o.order_hour_of_day,
        o.days_since_prior_order, o.total_items, o.total_quantity, o.total_price, o.status, o.delivery_name,
          o.phone_number,
        o.street_address, o.city, o.postal_code, o.country, o.tracking_number, o.shipping_carrier,
        case when o.tracking_url ~* '^https?://' then o.tracking_url end as tracking_url, null as invoice,
        o.created_at, o.updated_at,
        array(
          select l from (
            select l.product_id, l.product_name, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.description,
              l.image_url, l.department_name, l.aisle_name
            from unnest(lines) l
            order by l.add_to_cart_order, l.product_id
          ) l
        ) as items,
        array(
          select h from (
            select currval('orders.order_status_history_history_id_seq') as history_id, o.id::text as order_id,
              o.status,
              o.created_at as changed_at,
              case when o.request_id is null then session_user else nullif(current_setting('db_service.actor', true),
                '') end as changed_by,
              'Order created' as note
          ) h
        ) as status_history
    ) fields
  );
end
$$;
