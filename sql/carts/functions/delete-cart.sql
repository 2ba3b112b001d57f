-- DELETE /carts/{user_id}. Refuses with USER_NOT_FOUND, CART_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.delete_cart(user_id uuid, if_match text[]) returns boolean
language plpgsql as $$
declare
  cart constant bigint := orders.existing_cart(users.internal_id(user_id), if_match);
begin
  delete from orders.carts where cart_id = cart;
  return true;
end
$$;
