-- One page of orders, newest first: the orders that fit every filter (null: any), behind the cursor (after_time,
-- after_id).
-- One branch for each way into the table, because one query for all of them would have one plan for all of them.
-- The bounds are coalesced, not "is null or": so they are index conditions, and a page is as fast at the end as at the
-- start.
create or replace function orders.find_page(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz,
  after_time timestamptz, after_id bigint, page_size integer, page_offset bigint
) returns table (order_id bigint, place bigint, made_at timestamptz)
language plpgsql stable rows 25 as $$
begin
  from_time := coalesce(from_time, '-infinity');
  to_time := coalesce(to_time, 'infinity');
  after_id := case when after_time is null then 9223372036854775807 else after_id end;
  after_time := coalesce(after_time, 'infinity');

  if of_user is not null then
    return query
    select o.id, row_number() over (), o.created_at from (
      select u.id, u.created_at from orders.orders u
      where u.user_id = of_user
        and u.created_at between from_time and to_time and (u.created_at, u.id) < (after_time, after_id)
        and (with_status is null or u.status = with_status)
        -- With the table's name: order_items has an id of its own.
        and (with_product is null or exists (
          select from orders.order_items i where i.order_id = u.id and i.product_id = with_product))
      order by u.created_at desc, u.id desc limit page_size offset page_offset
    ) o;
  elsif with_product is not null and (with_status is null or not orders.is_rarer(with_status, with_product)) then
    return query
    select o.order_id, row_number() over (), o.ordered_at from (
      select i.order_id, i.ordered_at from orders.order_items i
      where i.product_id = with_product
        and i.ordered_at between from_time and to_time and (i.ordered_at, i.order_id) < (after_time, after_id)
        and (with_status is null or exists (
          select from orders.orders o where o.id = i.order_id and o.status = with_status))
      order by i.ordered_at desc, i.order_id desc limit page_size offset page_offset
    ) o;
  elsif with_product is not null then
    return query
    select o.id, row_number() over (), o.created_at from (
      select s.id, s.created_at from orders.orders s
      where s.status = with_status
        and s.created_at between from_time and to_time and (s.created_at, s.id) < (after_time, after_id)
        and exists (select from orders.order_items i where i.order_id = s.id and i.product_id = with_product)
      order by s.created_at desc, s.id desc limit page_size offset page_offset
    ) o;
  elsif with_status is not null then
    return query
    select o.id, row_number() over (), o.created_at from (
      select id, created_at from orders.orders
      where status = with_status
        and created_at between from_time and to_time and (created_at, id) < (after_time, after_id)
      order by created_at desc, id desc limit page_size offset page_offset
    ) o;
  else
    return query
    select o.id, row_number() over (), o.created_at from (
      select id, created_at from orders.orders
      where created_at between from_time and to_time and (created_at, id) < (after_time, after_id)
      order by created_at desc, id desc limit page_size offset page_offset
    ) o;
  end if;
end
$$;
