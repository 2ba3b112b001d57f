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

-- As open_cart, but refuses with CART_NOT_FOUND where there is none.
create or replace function orders.existing_cart(owner_id bigint, if_match text[]) returns bigint
language plpgsql as $$
declare
  current orders.carts;
begin
  select * into current from orders.carts where user_id = owner_id for update;
  if current.cart_id is null then
    perform gateway.refuse('CART_NOT_FOUND');
  end if;
  perform orders.check_cart(current, if_match);
  return current.cart_id;
end
$$;

-- Refuses with PRECONDITION_FAILED where the caller's If-Match does not fit the cart as it is shown now, prices included.
create or replace function orders.check_cart(current orders.carts, if_match text[]) returns void
language plpgsql as $$
begin
  if if_match is not null then
    perform gateway.check_document(
      if_match, array(select document from orders.cart_documents where cart_id = current.cart_id), current.cart_id::text, current.version);
  end if;
end
$$;

-- Adds items to a cart; one that is there already gets more of it. A product twice counts once, quantities summed.
-- Refuses with PRODUCTS_NOT_FOUND.
create or replace function orders.fill_cart(filled_cart bigint, items jsonb) returns void
language plpgsql as $$
declare
  last_position integer;
begin
  select coalesce(max(add_to_cart_order), 0) into last_position from orders.cart_items where cart_id = filled_cart;
  insert into orders.cart_items as item (cart_id, product_id, quantity, add_to_cart_order, reordered)
  select filled_cart, l.product_id, l.quantity, last_position + l.add_to_cart_order, l.reordered
  from orders.price_lines(items) l
  on conflict (cart_id, product_id) do update set quantity = item.quantity + excluded.quantity;
end
$$;

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
