-- Adds items to an order that was not sent yet: new lines at today's price, or a higher quantity at the line's own
-- price.
-- Stock is taken for what is added. `context`: actor, request_id, sell_unpriced. Refuses with ORDER_NOT_FOUND,
-- ORDER_NOT_EDITABLE,
-- PRODUCTS_NOT_FOUND, PRODUCT_NOT_PRICED, INSUFFICIENT_STOCK. Returns the lines as a JSON array, each with `updated`:
-- it was there before.
create or replace function orders.add_items(changed_id bigint, items jsonb, context jsonb) returns json
language plpgsql as $$
declare
  current orders.orders;
  lines orders.line[];
  last_position integer;
  answer json;
begin
  perform gateway.introduce(context);
  current := orders.lock_order(changed_id, null);
  if current.status not in ('pending', 'paid', 'confirmed', 'processing') then
    perform gateway.refuse('ORDER_NOT_EDITABLE', jsonb_build_object('status', current.status));
  end if;

  select coalesce(max(add_to_cart_order), 0) into last_position from orders.order_items where order_id = changed_id;
  -- An item without a position of its own stands behind what is there already.
  select jsonb_agg(item || jsonb_build_object(
    'add_to_cart_order', coalesce(item -> 'add_to_cart_order', to_jsonb(last_position + place))))
  into items
  from jsonb_array_elements(items) with ordinality as i (item, place);
  lines := (orders.basket_of(items)).lines;
  -- A line that is there already is raised at its own price.
  perform orders.refuse_unpriced(array(
    select l.product_id from unnest(lines) l
    left join orders.order_items i on i.order_id = changed_id and i.product_id = l.product_id
    where case when i.product_id is null then l.price else i.price end is null
  ), (context ->> 'sell_unpriced')::boolean);
  perform set_config('db_service.stock_reason', 'items_added', true),
          set_config('db_service.stock_order', changed_id::text, true);
  lines := orders.take_stock(lines);

  with added as (
    insert into orders.order_items as line (
      order_id, product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku, image_url,
      stock_taken, ordered_at)
    select changed_id, l.product_id, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.product_name,
      l.product_sku,
      l.image_url, l.stock_taken, current.created_at
    from unnest(lines) l
    on conflict (order_id, product_id) do update set
      quantity = line.quantity + excluded.quantity,
      stock_taken = line.stock_taken + excluded.stock_taken
    -- A new row has no xmax; a line that was raised has that of its old version.
    returning product_id, quantity, add_to_cart_order, reordered, (xmax <> 0) as updated
  )
  select json_agg(json_build_object(
    'order_id', changed_id::text, 'product_id', product_id, 'quantity', quantity,
    'add_to_cart_order', add_to_cart_order, 'reordered', reordered, 'updated', updated)
    order by add_to_cart_order, product_id)
  into answer from added;

  update orders.orders set
    total_items = sums.items, total_quantity = sums.quantity, total_price = sums.price
  from (
    select count(*) as items, sum(quantity) as quantity, coalesce(sum(price * quantity), 0) as price
    from orders.order_items where order_id = changed_id
  ) sums
  where id = changed_id;
  return answer;
end
$$;
