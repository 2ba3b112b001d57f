-- What every new order leaves behind, whoever inserts it: its status in the history, and its share of
-- orders.order_totals, whose rows are touched in the order of their keys, so that two writers on one shard wait instead
-- of deadlocking. One trigger for both: another would cost 20 µs an order.
-- The loader brings its own history and sets db_service.loading. Who: as orders.record_status.
create or replace function orders.record_inserted() returns trigger
language plpgsql as $$
declare
  request constant text := nullif(current_setting('db_service.request_id', true), '');
begin
  if current_setting('db_service.loading', true) is distinct from 'on' then
    insert into orders.order_status_history (order_id, status, changed_at, changed_by, note, request_id)
    select id, status, created_at,
      case when request is null then session_user else nullif(current_setting('db_service.actor', true), '') end,
      coalesce(nullif(current_setting('db_service.note', true), ''), 'Order created'),
      request
    from added
    order by id;
  end if;

  insert into orders.order_totals as counted (day, status, shard, orders, total_quantity, total_price)
  select (created_at at time zone 'UTC')::date, status, pg_backend_pid() % 32, count(*), sum(total_quantity),
    sum(total_price)
  from added
  group by 1, 2
  order by 1, 2
  on conflict (day, status, shard) do update set
    orders = counted.orders + excluded.orders,
    total_quantity = counted.total_quantity + excluded.total_quantity,
    total_price = counted.total_price + excluded.total_price;
  return null;
end
$$;
