-- The order, locked until the end of the transaction. If-Match may name the tag of either face that shows it. Refuses
-- with ORDER_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.lock_order(locked_id bigint, if_match text[]) returns orders.orders
language plpgsql as $$
declare
  current orders.orders;
begin
  select * into current from orders.orders where id = locked_id for no key update;
  if current.id is null then
    perform gateway.refuse('ORDER_NOT_FOUND');
  end if;
  if if_match is not null then
    perform gateway.check_document(if_match, array(
      select details from orders.order_documents where order_id = locked_id
      union all select document from orders.management_documents where order_id = locked_id
    ), current.id::text, current.version);
  end if;
  return current;
end
$$;
