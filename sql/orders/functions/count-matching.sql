-- How many orders fit every filter.
create or replace function orders.count_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz
) returns bigint
language sql stable as $$
  select s.orders from orders.sum_matching(of_user, with_status, with_product, from_time, to_time) s
$$;
