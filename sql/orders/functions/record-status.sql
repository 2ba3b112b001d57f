create or replace function orders.record_status() returns trigger
language plpgsql as $$
declare
  request constant text := nullif(current_setting('db_service.request_id', true), '');
  entry bigint;
begin
  -- Waits for a reader of the user's status changes (users.read_status_changes) before it takes the time. Creation is no change.
  if tg_op = 'UPDATE' then
    perform from users.users where id = new.user_id for share;
  end if;
  insert into orders.order_status_history (order_id, status, changed_at, changed_by, note, request_id)
  values (
    new.id, new.status,
    case tg_op when 'INSERT' then new.created_at else clock_timestamp() end,
    case when request is null then session_user else nullif(current_setting('db_service.actor', true), '') end,
    coalesce(
      nullif(current_setting('db_service.note', true), ''),
      case tg_op when 'INSERT' then 'Order created' end),
    request)
  returning history_id into entry;

  if tg_op = 'UPDATE' then
    insert into gateway.emails (user_id, history_id)
    select id, entry from users.users where id = new.user_id and order_notifications_via_email;
  end if;

  if tg_op = 'UPDATE' and new.status in ('cancelled', 'failed') and old.status <> 'shipped' then
    perform orders.return_stock(new.id);
  end if;
  return null;
end
$$;
