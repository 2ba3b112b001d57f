-- Description, price and image are part of the product a caller sees: changing them moves the product's version.
create or replace function products.touch_product() returns trigger
language plpgsql as $$
begin
  update products.products set updated_at = now() where product_id = new.product_id;
  return null;
end
$$;
