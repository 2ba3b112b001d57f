-- Refuses with ORDER_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.delete_order(deleted_id bigint, if_match text[]) returns boolean
language plpgsql as $$
begin
  perform orders.lock_order(deleted_id, if_match);
  delete from orders.orders where id = deleted_id;
  return true;
end
$$;
