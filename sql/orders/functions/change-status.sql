-- As orders.change_order, and returns the order's row.
create or replace function orders.change_status(changed_id bigint, changes jsonb, if_match text[],
  context jsonb) returns orders.orders
language plpgsql as $$
declare
  changed orders.orders;
begin
  perform orders.change_order(changed_id, changes, if_match, context);
  select * into changed from orders.orders where id = changed_id;
  return changed;
end
$$;
