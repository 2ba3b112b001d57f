-- Lists of orders can be sorted by what the orders cost: all of them, or those of a status, which may be few.
create index orders_total_idx on orders.orders (total_price, id);
create index orders_status_total_idx on orders.orders (status, total_price, id);
comment on index orders.orders_total_idx is
  'sql/orders/functions/sorted-page.sql: all orders by what they cost, either way.';
comment on index orders.orders_status_total_idx is
  'sql/orders/functions/sorted-page.sql: the orders of a status by what they cost, either way.';
