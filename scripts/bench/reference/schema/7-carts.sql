create or replace function bench_reference.add_cart_item(user_id uuid, item jsonb, if_match text[]) returns bench_reference.cart_documents
language plpgsql as $$
declare
  cart constant bigint := bench_reference.open_cart(bench_reference.internal_id(user_id), if_match);
begin
  perform bench_reference.fill_cart(cart, jsonb_build_array(item));
  return bench_reference.finish_cart(cart);
end
$$;

create or replace function bench_reference.check_cart(current orders.carts, if_match text[]) returns void
language plpgsql as $$
begin
  if if_match is not null then
    perform bench_reference.check_document(
      if_match, array(select document from bench_reference.cart_documents where cart_id = current.cart_id), current.cart_id::text, current.version);
  end if;
end
$$;

create or replace function bench_reference.fill_cart(filled_cart bigint, items jsonb) returns void
language plpgsql as $$
declare
  last_position integer;
begin
  select coalesce(max(add_to_cart_order), 0) into last_position from orders.cart_items where cart_id = filled_cart;
  insert into orders.cart_items as item (cart_id, product_id, quantity, add_to_cart_order, reordered)
  select filled_cart, l.product_id, l.quantity, last_position + l.add_to_cart_order, l.reordered
  from bench_reference.price_lines(items) l
  on conflict (cart_id, product_id) do update set quantity = item.quantity + excluded.quantity;
end
$$;

create or replace function bench_reference.finish_cart(changed_cart bigint) returns bench_reference.cart_documents
language plpgsql as $$
declare
  finished bench_reference.cart_documents;
begin
  update orders.carts set updated_at = updated_at where cart_id = changed_cart;
  select * into finished from bench_reference.cart_documents d where d.cart_id = changed_cart;
  return finished;
end
$$;

create or replace function bench_reference.open_cart(owner_id bigint, if_match text[]) returns bigint
language plpgsql as $$
declare
  current orders.carts;
begin
  loop
    select * into current from orders.carts where user_id = owner_id for update;
    exit when found;
    if if_match is not null then
      perform bench_reference.refuse('PRECONDITION_FAILED');
    end if;
    insert into orders.carts (user_id) values (owner_id) on conflict (user_id) do nothing;
  end loop;
  perform bench_reference.check_cart(current, if_match);
  return current.cart_id;
end
$$;
