-- PATCH of a product: only the keys of `changes` count; what is the same already is not written. Refuses with
-- PRODUCT_NOT_FOUND, PRECONDITION_FAILED. The stock is set under the lock that an order takes it under
-- (orders.take_stock), so neither undoes the other. `context`: actor, request_id.
create or replace function products.change_product(changed_id integer, changes jsonb, if_match text[], context jsonb)
returns products.managed_products
language plpgsql as $$
declare
  current products.managed_products;
begin
  perform gateway.introduce(context);
  perform set_config('db_service.stock_reason', 'set', true), set_config('db_service.stock_order', '', true);
  perform from products.products where product_id = changed_id for no key update;
  if not found then
    perform gateway.refuse('PRODUCT_NOT_FOUND');
  end if;
  perform from products.inventory where product_id = changed_id for no key update;
  select * into current from products.managed_products where id = changed_id;
  -- An order changes the stock, and so what the caller saw, without the product's own version: the tag holds both.
  -- Nor does a price's first row move that version. The form without the price is that of the release before.
  if not if_match && array['*',
    concat_ws('-', changed_id, current.version, coalesce(current.stock, -1)),
    concat_ws('-', changed_id, current.version, coalesce(current.stock, -1), coalesce(current.price_cents, -1))]
  then
    perform gateway.refuse('PRECONDITION_FAILED');
  end if;

  if changes ->> 'name' <> current.name then
    update products.products set product_name = changes ->> 'name' where product_id = changed_id;
  end if;
  if (changes ->> 'price_cents')::bigint is distinct from current.price_cents and changes ? 'price_cents' then
    update products.product_enriched set price = products.price_of_cents(changes -> 'price_cents')
    where product_id = changed_id;
    if not found then
      insert into products.product_enriched (product_id, price)
      values (changed_id, products.price_of_cents(changes -> 'price_cents'));
      -- A change of that table moves the product's version by trigger, a new row does not.
      update products.products set updated_at = now() where product_id = changed_id;
    end if;
  end if;
  if jsonb_typeof(changes -> 'stock') = 'null' then
    perform set_config('db_service.stock_reason', 'untracked', true);
    delete from products.inventory where product_id = changed_id;
  elsif changes ? 'stock' then
    insert into products.inventory (product_id, stock) values (changed_id, (changes ->> 'stock')::integer)
    on conflict (product_id) do update set stock = excluded.stock, updated_at = now();
  end if;

  select * into current from products.managed_products where id = changed_id;
  return current;
end
$$;
