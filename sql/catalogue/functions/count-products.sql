-- Keeps products.product_counts exact, and gives each new product its place in products.rankings.
create or replace function products.count_products() returns trigger
language plpgsql as $$
begin
  -- Each event sees only its own transition tables.
  case tg_op
    when 'INSERT' then
      insert into products.rankings (product_id) select product_id from added order by 1;
      perform products.add_to_count(t.department_id, t.aisle_id, t.products)
      from (
        select department_id, aisle_id, count(*) as products from added group by 1, 2 order by 1, 2
      ) t;
    when 'DELETE' then
      perform products.add_to_count(t.department_id, t.aisle_id, -t.products)
      from (
        select department_id, aisle_id, count(*) as products from removed group by 1, 2 order by 1, 2
      ) t;
    when 'UPDATE' then
      perform products.add_to_count(t.department_id, t.aisle_id, t.products)
      from (
        select department_id, aisle_id, sum(n)::bigint as products
        from (
          select department_id, aisle_id, 1 as n from added
          union all
          select department_id, aisle_id, -1 from removed
        ) moved
        group by 1, 2
        having sum(n) <> 0
        order by 1, 2
      ) t;
  end case;
  return null;
end
$$;
