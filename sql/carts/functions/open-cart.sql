-- The user's cart, locked until the end of the transaction; made where there is none.
-- Refuses with PRECONDITION_FAILED where the caller's If-Match does not fit the cart there is, or is not.
create or replace function orders.open_cart(owner_id bigint, if_match text[]) returns bigint
language plpgsql as $$
declare
  current orders.carts;
begin
  -- Again where another request makes and deletes the cart between the insert and the next look.
  loop
    select * into current from orders.carts where user_id = owner_id for update;
    exit when found;
    if if_match is not null then
      perform gateway.refuse('PRECONDITION_FAILED');
    end if;
    insert into orders.carts (user_id) values (owner_id) on conflict (user_id) do nothing;
  end loop;
  perform orders.check_cart(current, if_match);
  return current.cart_id;
end
$$;
