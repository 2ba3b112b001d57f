-- Whether fewer orders have the status than the product: a page that needs both looks through the fewer. Near enough is
-- good enough here.
create or replace function orders.is_rarer(the_status text, the_product integer) returns boolean
language sql stable as $$
  select (select coalesce(sum(d.orders), 0) from orders.sum_days(the_status, '-infinity', 'infinity') d)
    < (select coalesce(sum(t.orders), 0) from orders.product_totals t where t.product_id = the_product)
$$;
