-- POST of a product: with its price, and with its stock where it is tracked. Unknown departments and aisles and a taken
-- SKU are stopped by constraints. `context`: actor, request_id.
create or replace function products.create_product(product jsonb, context jsonb) returns products.managed_products
language plpgsql as $$
declare
  new_id integer;
  created products.managed_products;
begin
  perform gateway.introduce(context);
  perform set_config('db_service.stock_reason', 'set', true), set_config('db_service.stock_order', '', true);
  insert into products.products (product_name, department_id, aisle_id, sku)
  values (
    product ->> 'name', (product ->> 'department_id')::integer, (product ->> 'aisle_id')::integer, product ->> 'sku')
  returning product_id into new_id;
  insert into products.product_enriched (product_id, description, price, image_url)
  values (
    new_id, product ->> 'description', products.price_of_cents(product -> 'price_cents'), product ->> 'image_url');
  if product ->> 'stock' is not null then
    insert into products.inventory (product_id, stock) values (new_id, (product ->> 'stock')::integer);
  end if;
  select * into created from products.managed_products where id = new_id;
  return created;
end
$$;
