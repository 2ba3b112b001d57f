-- One page of orders as find_page, in another order than newest first: `created`, `total` or `-total`, with the id
-- behind it. A page begins behind the key and id of the last order before it.
-- One branch for each order, because a plan has one. Planned for each call: whether to walk in the order until the page
-- is full, or to sort what a filter leaves, depends on the filter. Not by product: those with a popular one, sorted by
-- anything but time, would all have to be looked at.
create or replace function orders.sorted_page(
  sort text, of_user bigint, with_status text, from_time timestamptz, to_time timestamptz, after_key numeric,
  after_id bigint, page_size integer, page_offset bigint
) returns table (order_id bigint, place bigint, key numeric)
language plpgsql stable rows 25 set plan_cache_mode = force_custom_plan as $$
declare
  after_time constant timestamptz :=
    coalesce(timestamptz 'epoch' + after_key::bigint * interval '1 microsecond', '-infinity');
begin
  if sort = 'created' then
    return query
    select w.id, row_number() over (), (extract(epoch from w.created_at) * 1000000)::bigint::numeric from (
      select o.id, o.created_at from orders.orders o
      where (o.created_at, o.id) > (after_time, coalesce(after_id, 0))
        and (of_user is null or o.user_id = of_user) and (with_status is null or o.status = with_status)
        and (from_time is null or o.created_at >= from_time) and (to_time is null or o.created_at <= to_time)
      order by o.created_at, o.id limit page_size offset page_offset
    ) w;
  elsif sort = 'total' then
    return query
    select w.id, row_number() over (), w.total_price from (
      select o.id, o.total_price from orders.orders o
      where (o.total_price, o.id) > (coalesce(after_key, '-infinity'), coalesce(after_id, 0))
        and (of_user is null or o.user_id = of_user) and (with_status is null or o.status = with_status)
        and (from_time is null or o.created_at >= from_time) and (to_time is null or o.created_at <= to_time)
      order by o.total_price, o.id limit page_size offset page_offset
    ) w;
  else
    return query
    select w.id, row_number() over (), w.total_price from (
      select o.id, o.total_price from orders.orders o
      where (o.total_price, o.id) < (coalesce(after_key, 'infinity'), coalesce(after_id, 9223372036854775807))
        and (of_user is null or o.user_id = of_user) and (with_status is null or o.status = with_status)
        and (from_time is null or o.created_at >= from_time) and (to_time is null or o.created_at <= to_time)
      order by o.total_price desc, o.id desc limit page_size offset page_offset
    ) w;
  end if;
end
$$;
