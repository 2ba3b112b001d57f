create or replace function products.add_to_count(department integer, aisle integer, more bigint)
returns void language sql as $$
  insert into products.product_counts as counted (department_id, aisle_id, products)
  values (department, aisle, more)
  on conflict (department_id, aisle_id) do update set products = counted.products + excluded.products
$$;
