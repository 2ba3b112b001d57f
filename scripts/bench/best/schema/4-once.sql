-- Places an order or checks a cart out. With an Idempotency-Key, and for the operations of other faces, as the
-- reference does. The user's row is found, locked and numbered in one; a refusal takes all of it back.
create function bench_best.place(
  operation text, input jsonb, context jsonb, out order_id bigint, out answer text, out refusal jsonb,
  out replayed boolean
) language plpgsql as $$
declare
  buyer users.users;
  cart orders.carts;
  lines bench_best.line[];
  wanted integer;
begin
  if context ->> 'idempotency_key' is not null or operation not in ('place', 'checkout')
    or jsonb_typeof(input -> 'if_match') = 'array'
    or input ?| array[
      'status', 'tax_rate', 'payment_method', 'shipping_address', 'billing_address', 'customer_notes'] then
    select * into order_id, answer, refusal, replayed from bench_reference.answer_once(operation, input, context);
    return;
  end if;
  replayed := false;
  perform set_config('db_service.actor', coalesce(context ->> 'actor', ''), true),
    set_config('db_service.request_id', coalesce(context ->> 'request_id', ''), true),
    set_config('db_service.note', '', true);

  update users.users set last_order_number = last_order_number + 1
  where external_user_id = (input ->> 'user_id')::uuid returning * into buyer;
  if buyer.id is null then
    perform bench_reference.refuse('USER_NOT_FOUND');
  end if;

  if operation = 'checkout' then
    select * into cart from orders.carts where user_id = buyer.id for update;
    lines := array(
      select row(i.product_id, i.quantity, i.add_to_cart_order, i.reordered, e.price, p.product_name, p.sku,
        e.image_url, e.description, d.department_name, a.aisle_name, 0)::bench_best.line
      from orders.cart_items i
      join products.products p on p.product_id = i.product_id
      left join products.product_enriched e on e.product_id = i.product_id
      left join products.departments d on d.department_id = p.department_id
      left join products.aisles a on a.aisle_id = p.aisle_id
      where i.cart_id = cart.cart_id
      order by i.product_id);
    if cardinality(lines) = 0 then
      perform bench_reference.refuse('CART_EMPTY');
    end if;
  else
    select count(*), array_agg(row(w.product_id, w.quantity, w.add_to_cart_order, w.reordered, c.price, c.product_name,
      c.sku, c.image_url, c.description, c.department_name, c.aisle_name, 0)::bench_best.line order by w.product_id)
        filter (where c.product_name is not null)
    into wanted, lines
    from (
      select i.product_id, sum(coalesce(i.quantity, 1))::integer as quantity,
        coalesce((array_agg(i.add_to_cart_order order by i.place))[1], min(i.place))::integer as add_to_cart_order,
        max(coalesce(i.reordered, 0))::smallint as reordered
      from rows from (
        jsonb_to_recordset(input -> 'items') as (
          product_id integer, quantity integer, add_to_cart_order integer, reordered smallint)
      ) with ordinality as i (product_id, quantity, add_to_cart_order, reordered, place)
      group by i.product_id
    ) w
    left join lateral (
      select p.product_name, p.sku, e.price, e.image_url, e.description, d.department_name, a.aisle_name
      from products.products p
      left join products.product_enriched e on e.product_id = p.product_id
      left join products.departments d on d.department_id = p.department_id
      left join products.aisles a on a.aisle_id = p.aisle_id
      where p.product_id = w.product_id
      offset 0
    ) c on true;
    if wanted <> cardinality(lines) or lines is null then
      -- Which refuses, naming what is unknown.
      perform bench_reference.price_lines(input -> 'items');
    end if;
  end if;

  select made.order_id, made.answer into order_id, answer from bench_best.create_order(buyer, lines, input) made;
  if operation = 'checkout' then
    delete from orders.carts where cart_id = cart.cart_id;
  end if;
end
$$;
