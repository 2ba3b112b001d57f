-- Lists of orders can be sorted by what the orders cost.
create index orders_total_idx on orders.orders (total_price, id);
comment on index orders.orders_total_idx is
  'sql/orders/functions/sorted-page.sql: all orders by what they cost, either way.';
