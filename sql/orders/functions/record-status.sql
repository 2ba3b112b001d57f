-- The history of an order's status, with who changed it and why, the email about it, and the stock of an order that
-- ends before it was shipped.
-- Of a new order: orders.record_inserted.
-- Who: what gateway.introduce said; a client that does not introduce itself is named by its login.
create or replace function orders.record_status() returns trigger
language plpgsql as $$
declare
  request constant text := nullif(current_setting('db_service.request_id', true), '');
  entry bigint;
begin
  -- Waits for a reader of the user's status changes (users.read_status_changes) before it takes the time.
  perform from users.users where id = new.user_id for share;
  insert into orders.order_status_history (order_id, status, changed_at, changed_by, note, request_id)
  values (
    new.id, new.status, clock_timestamp(),
    case when request is null then session_user else nullif(current_setting('db_service.actor', true), '') end,
    nullif(current_setting('db_service.note', true), ''),
    request)
  returning history_id into entry;

  insert into gateway.emails (user_id, history_id, traceparent)
  select id, entry, nullif(current_setting('db_service.traceparent', true), '') from users.users
  where id = new.user_id and order_notifications_via_email;

  if new.status in ('cancelled', 'failed') and old.status <> 'shipped' then
    perform set_config('db_service.stock_reason', 'order_' || new.status, true);
    perform orders.return_stock(new.id);
  end if;
  return null;
end
$$;
