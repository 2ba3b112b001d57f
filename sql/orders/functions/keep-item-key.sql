-- The sums would have to follow; nobody needs it.
create or replace function orders.keep_item_key() returns trigger
language plpgsql as $$
begin
  raise exception 'an order item keeps its order and product: delete it and insert another' using errcode = '0A000';
end
$$;
