-- Has a new connection make the plans of placing an order and checking out, which takes 10 ms, and does nothing else:
-- it writes no row, locks none, takes no number of a sequence. What only a row brings about (foreign keys, the event)
-- is left to the first order.
create or replace function orders.warm() returns boolean
language plpgsql as $$
declare
  nobody users.users;
  nothing orders.basket;
  unmade orders.orders;
begin
  begin
    perform orders.place('checkout', '{}', '{}');
  exception when sqlstate 'DB001' then
    -- Nobody is no user.
    null;
  end;
  nothing := orders.basket_of('[]');
  nothing := orders.basket_of_cart(null);
  unmade := orders.create_order(nobody, nothing, '{}');
  begin
    perform orders.show_made(unmade, nobody, nothing.lines);
  exception when object_not_in_prerequisite_state then
    -- The history of this connection has no last entry.
    null;
  end;
  return true;
end
$$;
