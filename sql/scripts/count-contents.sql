-- How many users and orders there are, up to a million and one: counting more takes long.
select (select count(*) from (select from users.users limit 1000001) u) as users,
  (select count(*) from (select from orders.orders limit 1000001) o) as orders
