-- The user's cart becomes an order (its id is returned), and is gone. Two at once: the second waits for the first and finds no cart.
-- The user is locked before the cart, as everywhere (CONTRIBUTING: order of locks).
create or replace function orders.checkout(input jsonb) returns bigint
language plpgsql as $$
declare
  buyer_id constant bigint := users.internal_id((input ->> 'user_id')::uuid);
  lines jsonb;
  new_id bigint;
begin
  perform from users.users where id = buyer_id for no key update;
  perform from orders.carts where user_id = buyer_id for update;

  select jsonb_agg(jsonb_build_object(
    'product_id', i.product_id, 'quantity', i.quantity, 'add_to_cart_order', i.add_to_cart_order, 'reordered', i.reordered)
    order by i.add_to_cart_order, i.product_id)
  into lines
  from orders.carts c
  join orders.cart_items i using (cart_id)
  where c.user_id = buyer_id;
  if lines is null then
    perform gateway.refuse('CART_EMPTY');
  end if;

  new_id := orders.create_order(buyer_id, input || jsonb_build_object('items', lines));
  delete from orders.carts where user_id = buyer_id;
  return new_id;
end
$$;
