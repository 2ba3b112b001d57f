-- Adds items to a cart; one that is there already gets more of it. A product twice counts once, quantities summed.
-- Refuses with PRODUCTS_NOT_FOUND.
create or replace function orders.fill_cart(filled_cart bigint, items jsonb) returns void
language plpgsql as $$
declare
  last_position integer;
begin
  select coalesce(max(add_to_cart_order), 0) into last_position from orders.cart_items where cart_id = filled_cart;
  insert into orders.cart_items as item (cart_id, product_id, quantity, add_to_cart_order, reordered, added_price)
  select filled_cart, l.product_id, l.quantity, last_position + l.add_to_cart_order, l.reordered, l.price
  from unnest((orders.basket_of(items)).lines) l
  on conflict (cart_id, product_id) do update set quantity = item.quantity + excluded.quantity;
end
$$;
