-- The user's cart becomes an order (its id is returned), and is gone. Two at once: the second waits for the first and finds no cart.
-- `input`: user_id, delivery fields, rates, sell_unpriced, and if_match. Refuses as orders.create_order, and with CART_EMPTY, PRECONDITION_FAILED (the
-- cart is another, shows other prices, or is gone).
-- The user is locked before the cart, as everywhere (CONTRIBUTING: order of locks). What follows goes by the id of the cart that was locked: a cart
-- that another request makes meanwhile is nobody's yet, and what is put into it while the order is made would be deleted with it.
create or replace function orders.checkout(input jsonb) returns bigint
language plpgsql as $$
declare
  buyer_id constant bigint := users.internal_id((input ->> 'user_id')::uuid);
  if_match constant text[] := case jsonb_typeof(input -> 'if_match') when 'array' then
    array(select jsonb_array_elements_text(input -> 'if_match')) end;
  cart orders.carts;
  lines jsonb;
  new_id bigint;
begin
  perform from users.users where id = buyer_id for no key update;
  select * into cart from orders.carts where user_id = buyer_id for update;
  if if_match is not null and cart.cart_id is null then
    perform gateway.refuse('PRECONDITION_FAILED');
  end if;
  perform orders.check_cart(cart, if_match);

  select jsonb_agg(jsonb_build_object(
    'product_id', i.product_id, 'quantity', i.quantity, 'add_to_cart_order', i.add_to_cart_order, 'reordered', i.reordered)
    order by i.add_to_cart_order, i.product_id)
  into lines
  from orders.cart_items i
  where i.cart_id = cart.cart_id;
  if lines is null then
    perform gateway.refuse('CART_EMPTY');
  end if;

  new_id := orders.create_order(buyer_id, input || jsonb_build_object('items', lines));
  -- Once more: a price may have changed between the look above and the order.
  perform orders.check_cart(cart, if_match);
  delete from orders.carts where cart_id = cart.cart_id;
  return new_id;
end
$$;
