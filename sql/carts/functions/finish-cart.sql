-- Moves the cart's version and updated_at (by trigger), and returns it as callers see it.
create or replace function orders.finish_cart(changed_cart bigint) returns orders.cart_documents
language plpgsql as $$
declare
  finished orders.cart_documents;
begin
  update orders.carts set updated_at = updated_at where cart_id = changed_cart;
  select * into finished from orders.cart_documents d where d.cart_id = changed_cart;
  return finished;
end
$$;
