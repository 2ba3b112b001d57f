-- Keeps products.product_counts exact. One function for insert, update and delete, each of which sees only its own
-- transition tables: hence the three branches.
create or replace function products.count_products() returns trigger
language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into products.product_counts as counted (department_id, aisle_id, products)
    select department_id, aisle_id, count(*) from added group by department_id, aisle_id order by 1, 2
    on conflict (department_id, aisle_id) do update set products = counted.products + excluded.products;
  elsif tg_op = 'DELETE' then
    insert into products.product_counts as counted (department_id, aisle_id, products)
    select department_id, aisle_id, -count(*) from removed group by department_id, aisle_id order by 1, 2
    on conflict (department_id, aisle_id) do update set products = counted.products + excluded.products;
  else
    insert into products.product_counts as counted (department_id, aisle_id, products)
    select department_id, aisle_id, sum(difference)
    from (
      select department_id, aisle_id, 1 as difference from added
      union all
      select department_id, aisle_id, -1 from removed
    ) moved
    group by department_id, aisle_id
    having sum(difference) <> 0
    order by 1, 2
    on conflict (department_id, aisle_id) do update set products = counted.products + excluded.products;
  end if;
  return null;
end
$$;

create or replace trigger products_count_inserted after insert on products.products
referencing new table as added for each statement execute function products.count_products();

create or replace trigger products_count_updated after update on products.products
referencing old table as removed new table as added for each statement execute function products.count_products();

create or replace trigger products_count_deleted after delete on products.products
referencing old table as removed for each statement execute function products.count_products();
