-- PUT /carts/{user_id}: the cart holds these items and no others; made where there is none.
-- Refuses with USER_NOT_FOUND, PRODUCTS_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.replace_cart(user_id uuid, items jsonb, if_match text[]) returns orders.cart_documents
language plpgsql as $$
declare
  cart constant bigint := orders.open_cart(users.internal_id(user_id), if_match);
begin
  delete from orders.cart_items where cart_id = cart;
  perform orders.fill_cart(cart, items);
  return orders.finish_cart(cart);
end
$$;
