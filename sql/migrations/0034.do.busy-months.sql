-- Days of busy products. A total over part of a month looks up at most half of that month's orders with the product
-- (orders.sum_product): of the most popular one among 3.4 million orders 38,000, which takes longer than 300 ms. So of
-- the months in which a product is in a thousand orders or more, its sums are kept by the day, too: 200,000 rows of
-- 3.4 million orders, where all days of all products would be 17 million.
create table orders.busy_months (
  product_id integer not null,
  month date not null,
  constraint busy_months_pkey primary key (product_id, month)
);
comment on table orders.busy_months is
  'The months in which a product was in so many settled orders that orders.product_day_totals has them by day.';

create table orders.product_day_totals (
  product_id integer not null,
  day date not null,
  status text not null,
  orders bigint not null,
  total_quantity bigint not null,
  total_price numeric(20, 2) not null,
  constraint product_day_totals_pkey primary key (product_id, day, status)
);
comment on table orders.product_day_totals is
  'Exact sums of the settled orders with a product, by day (UTC) and status: of busy months only '
  '(orders.busy_months).';
