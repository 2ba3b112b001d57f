-- The rules of an order's status, for every client of the database: only allowed transitions, a history entry for each with
-- who and why, stock given back when an order ends before it was shipped.
-- Who: what gateway.introduce said; a client that does not introduce itself is named by its login.
create or replace function orders.check_status() returns trigger
language plpgsql as $$
begin
  if tg_op = 'UPDATE' and not exists (
    select from orders.status_transitions where from_status = old.status and to_status = new.status
  ) then
    perform gateway.refuse('INVALID_STATUS_TRANSITION', jsonb_build_object('from', old.status, 'to', new.status));
  end if;
  case new.status
    when 'confirmed' then new.confirmed_at := coalesce(new.confirmed_at, clock_timestamp());
    when 'shipped' then new.shipped_at := coalesce(new.shipped_at, clock_timestamp());
    when 'delivered' then new.delivered_at := coalesce(new.delivered_at, clock_timestamp());
    else null;
  end case;
  return new;
end
$$;

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

create or replace function orders.release_deleted() returns trigger
language plpgsql as $$
begin
  if old.status in ('pending', 'paid', 'confirmed', 'processing') then
    perform orders.return_stock(old.id);
  end if;
  -- Its items go first, while the order is still there to be taken out of the sums with them (orders.sum_changed_items).
  delete from orders.order_items where order_id = old.id;
  return old;
end
$$;

-- The loader brings its own history and sets db_service.loading.
create or replace trigger orders_check_inserted_status before insert on orders.orders
for each row when (new.status <> 'pending' and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.check_status();

create or replace trigger orders_check_status before update of status on orders.orders
for each row when (old.status <> new.status and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.check_status();

create or replace trigger orders_record_inserted_status after insert on orders.orders
for each row when (current_setting('db_service.loading', true) is distinct from 'on') execute function orders.record_status();

create or replace trigger orders_record_status after update of status on orders.orders
for each row when (old.status <> new.status and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.record_status();

create or replace trigger orders_release_deleted before delete on orders.orders
for each row execute function orders.release_deleted();
