-- Which kinds of rows the database has none of. Orders, their items and their history are loaded together or not at
-- all; stocks at start with the products only: a shop that tracks none has none, and shall not begin to by itself.
select
  not exists (select from products.departments) as departments,
  not exists (select from products.aisles) as aisles,
  not exists (select from products.products) as products,
  not exists (select from products.product_enriched) as enriched,
  not exists (select from products.products) as inventory,
  not exists (select from users.users) as users,
  not exists (select from orders.orders) as orders
