-- POST /carts/{user_id}/merge: the cart has each item of both, in the higher quantity; made where there is none. Under
-- the cart's lock, so of two guests' carts at once both are in it, and sent again it changes nothing.
-- Refuses with USER_NOT_FOUND, PRODUCTS_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.merge_cart(user_id uuid, items jsonb, if_match text[]) returns orders.cart_documents
language plpgsql as $$
declare
  cart constant bigint := orders.open_cart(users.internal_id(user_id), if_match);
  last_position integer;
  has_changed boolean;
  unchanged orders.cart_documents;
begin
  select coalesce(max(add_to_cart_order), 0) into last_position from orders.cart_items where cart_id = cart;
  insert into orders.cart_items as item (cart_id, product_id, quantity, add_to_cart_order, reordered, added_price)
  select cart, l.product_id, l.quantity, last_position + l.add_to_cart_order, l.reordered, l.price
  from unnest((orders.basket_of(items)).lines) l
  on conflict (cart_id, product_id) do update set quantity = excluded.quantity
    where item.quantity < excluded.quantity;
  has_changed := found;
  perform gateway.tell_changed(has_changed);
  if has_changed then
    return orders.finish_cart(cart);
  end if;
  select * into unchanged from orders.cart_documents d where d.cart_id = cart;
  return unchanged;
end
$$;
