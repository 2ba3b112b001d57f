-- POST /carts/{user_id}/items: one more item, or more of it; makes the cart where there is none.
-- `item`: product_id, and quantity (1) and reordered (0) where they are there. JSON text because numbers by themselves
--   would each be taken for the name of a row that may be locked (database/contention.ts).
-- Refuses with USER_NOT_FOUND, PRODUCTS_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.add_cart_item(user_id uuid, item jsonb, if_match text[]) returns orders.cart_documents
language plpgsql as $$
declare
  cart bigint;
  finished orders.cart_documents;
begin
  -- Nearly always there is a cart and no If-Match: then the cart is locked and moved on (by trigger) at once. The
  -- statements that follow see what the request waited for has written.
  if if_match is null then
    update orders.carts c set updated_at = c.updated_at
    from users.users u
    where u.external_user_id = add_cart_item.user_id and c.user_id = u.id
    returning c.cart_id into cart;
  end if;
  if cart is null then
    cart := orders.open_cart(users.internal_id(user_id), if_match);
    update orders.carts set updated_at = updated_at where cart_id = cart;
  end if;

  insert into orders.cart_items as known (cart_id, product_id, quantity, add_to_cart_order, reordered, added_price)
  select cart, p.product_id, coalesce((item ->> 'quantity')::integer, 1),
    1 + coalesce((select max(i.add_to_cart_order) from orders.cart_items i where i.cart_id = cart), 0),
    coalesce((item ->> 'reordered')::smallint, 0), e.price
  from products.products p
  left join products.product_enriched e on e.product_id = p.product_id
  where p.product_id = (item ->> 'product_id')::integer
  on conflict (cart_id, product_id) do update set quantity = known.quantity + excluded.quantity;
  if not found then
    perform gateway.refuse('PRODUCTS_NOT_FOUND', jsonb_build_object('products',
      jsonb_build_array(item -> 'product_id')));
  end if;

  select * into finished from orders.cart_documents d where d.cart_id = cart;
  return finished;
end
$$;
