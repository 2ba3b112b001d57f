-- As open_cart, but refuses with CART_NOT_FOUND where there is none.
create or replace function orders.existing_cart(owner_id bigint, if_match text[]) returns bigint
language plpgsql as $$
declare
  current orders.carts;
begin
  select * into current from orders.carts where user_id = owner_id for update;
  if current.cart_id is null then
    perform gateway.refuse('CART_NOT_FOUND');
  end if;
  perform orders.check_cart(current, if_match);
  return current.cart_id;
end
$$;
