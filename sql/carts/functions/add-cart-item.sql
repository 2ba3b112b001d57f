-- POST /carts/{user_id}/items: one more item, or more of it; makes the cart where there is none.
-- Refuses with USER_NOT_FOUND, PRODUCTS_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.add_cart_item(user_id uuid, item jsonb, if_match text[]) returns orders.cart_documents
language plpgsql as $$
declare
  cart constant bigint := orders.open_cart(users.internal_id(user_id), if_match);
begin
  perform orders.fill_cart(cart, jsonb_build_array(item));
  return orders.finish_cart(cart);
end
$$;
