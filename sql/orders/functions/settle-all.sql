-- All orders there are, for a transaction that keeps writers out by locks of its own: a migration, the first load.
create or replace function orders.settle_all() returns void
language plpgsql as $$
begin
  lock table orders.orders, orders.order_items in share row exclusive mode;
  delete from orders.product_totals;
  delete from orders.product_day_totals;
  delete from orders.busy_months;
  perform orders.settle_between('-infinity', clock_timestamp());
end
$$;
