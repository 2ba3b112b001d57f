-- All orders there are, for a transaction that keeps writers out by locks of its own: a migration, the first load.
create or replace function orders.settle_all() returns void
language plpgsql as $$
begin
  lock table orders.orders, orders.order_items in share row exclusive mode;
  delete from orders.product_totals;
  delete from orders.product_all_totals;
  delete from orders.product_day_totals;
  delete from orders.busy_months;
  perform orders.settle_between('-infinity', clock_timestamp());
  delete from orders.popularity_changes;
  update products.rankings r set popularity = t.orders
  from (
    select k.product_id, coalesce(sum(s.orders), 0) as orders
    from products.rankings k left join orders.product_totals s on s.product_id = k.product_id
    group by k.product_id
  ) t
  where r.product_id = t.product_id and r.popularity <> t.orders;
end
$$;
