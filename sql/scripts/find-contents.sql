-- Whether this database has tables of the gateway at all.
select current_database() as name, to_regclass('users.users') is not null
  and to_regclass('orders.orders') is not null as is_filled
