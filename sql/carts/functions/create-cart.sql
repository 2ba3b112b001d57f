-- POST /carts. Refuses with USER_NOT_FOUND, CART_ALREADY_EXISTS, PRODUCTS_NOT_FOUND.
create or replace function orders.create_cart(user_id uuid, items jsonb) returns orders.cart_documents
language plpgsql as $$
declare
  new_cart bigint;
  created orders.cart_documents;
begin
  insert into orders.carts (user_id) values (users.internal_id(create_cart.user_id))
  on conflict on constraint carts_user_id_key do nothing
  returning cart_id into new_cart;
  if new_cart is null then
    perform gateway.refuse('CART_ALREADY_EXISTS');
  end if;
  perform orders.fill_cart(new_cart, items);
  select * into created from orders.cart_documents d where d.cart_id = new_cart;
  return created;
end
$$;
