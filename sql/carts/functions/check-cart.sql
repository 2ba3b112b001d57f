-- Refuses with PRECONDITION_FAILED where the caller's If-Match does not fit the cart as it is shown now, prices
-- included.
create or replace function orders.check_cart(current orders.carts, if_match text[]) returns void
language plpgsql as $$
begin
  if if_match is not null then
    perform gateway.check_document(
      if_match, array(select document from orders.cart_documents where cart_id = current.cart_id),
        current.cart_id::text, current.version);
  end if;
end
$$;
