-- What orders.product_totals has by month, once more in one: the sums of all products over all time add up two rows a
-- product instead of its months, which are millions.
create table orders.product_all_totals (
  product_id integer not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20, 2) not null,
  constraint product_all_totals_pkey primary key (product_id, status)
);
comment on table orders.product_all_totals is
  'Exact sums of all settled orders with a product, by status: those of orders.product_totals over all months.';

create index product_totals_month_idx on orders.product_totals (month);
comment on index orders.product_totals_month_idx is
  'sql/orders/functions/group-products.sql: the sums of all products, of some months.';

-- Whoever changes settled orders waits until both are written by the functions of this release.
lock table orders.product_totals in share row exclusive mode;
insert into orders.product_all_totals (product_id, status, orders, total_quantity, total_price)
select product_id, status, sum(orders), sum(total_quantity), sum(total_price) from orders.product_totals group by 1, 2;
