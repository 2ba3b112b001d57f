-- PUT and DELETE /carts/{user_id}/items/{product_id}: sets the quantity; 0 removes the item.
-- Refuses with USER_NOT_FOUND, CART_NOT_FOUND, CART_ITEM_NOT_FOUND, CART_PRODUCT_NOT_FOUND, PRECONDITION_FAILED. A
-- quantity that is so already is no change: neither version nor updated_at move.
create or replace function orders.set_cart_item(user_id uuid, changed_product integer, new_quantity integer,
  if_match text[])
returns orders.cart_documents
language plpgsql as $$
declare
  cart constant bigint := orders.existing_cart(users.internal_id(user_id), if_match);
  old_quantity integer;
  unchanged orders.cart_documents;
begin
  select quantity into old_quantity from orders.cart_items where cart_id = cart and product_id = changed_product;
  if old_quantity is null and new_quantity > 0
    and not exists (select from products.products p where p.product_id = changed_product) then
    perform gateway.refuse('CART_PRODUCT_NOT_FOUND', jsonb_build_object('product_id', changed_product));
  end if;
  if old_quantity is null then
    perform gateway.refuse('CART_ITEM_NOT_FOUND', jsonb_build_object('product_id', changed_product));
  end if;
  perform gateway.tell_changed(old_quantity <> new_quantity);
  if old_quantity = new_quantity then
    select * into unchanged from orders.cart_documents d where d.cart_id = cart;
    return unchanged;
  end if;
  if new_quantity = 0 then
    delete from orders.cart_items where cart_id = cart and product_id = changed_product;
  else
    update orders.cart_items set quantity = new_quantity where cart_id = cart and product_id = changed_product;
  end if;
  return orders.finish_cart(cart);
end
$$;
