-- The rules of an order's status, for every client of the database: only allowed transitions, a history entry for each
-- with who and why, stock given back when an order ends before it was shipped.
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
