-- DELETE /carts/{user_id}/clear: no items, but still a cart. Refuses with USER_NOT_FOUND, CART_NOT_FOUND,
-- PRECONDITION_FAILED.
create or replace function orders.clear_cart(user_id uuid, if_match text[]) returns orders.cart_documents
language plpgsql as $$
declare
  cart constant bigint := orders.existing_cart(users.internal_id(user_id), if_match);
begin
  delete from orders.cart_items where cart_id = cart;
  return orders.finish_cart(cart);
end
$$;
