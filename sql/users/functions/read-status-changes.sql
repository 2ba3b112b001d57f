-- The latest status change of each of the user's orders since this was read last, as a JSON array; moves the mark.
-- The user's row is locked first and the history read afterwards: a status change holds a share lock on that row until
-- it is committed (orders.record_status), so none can slip in between the two and be missed for ever.
create or replace function users.read_status_changes(user_id uuid) returns text
language plpgsql as $$
declare
  reader users.users;
  changes text;
begin
  select * into reader from users.users where external_user_id = user_id for no key update;
  if reader.id is null then
    perform gateway.refuse('USER_NOT_FOUND');
  end if;

  select to_json(array(
    select change from (
      select latest.order_id::text as order_id, latest.status, latest.changed_at
      from orders.orders o
      cross join lateral (
        -- Creation is no change, and neither is a remark, which repeats the status.
        select h.order_id, h.status, h.changed_at
        from (
          select s.order_id, s.status, s.changed_at, s.history_id,
            lag(s.status) over (order by s.changed_at, s.history_id) as previous
          from orders.order_status_history s
          where s.order_id = o.id
        ) h
        where h.previous <> h.status
        order by h.changed_at desc, h.history_id desc
        limit 1
      ) latest
      where o.user_id = reader.id
        and (reader.last_notifications_viewed_at is null or latest.changed_at > reader.last_notifications_viewed_at)
      order by latest.changed_at desc, latest.order_id desc
    ) change
  ))::text into changes;

  update users.users set last_notifications_viewed_at = clock_timestamp() where id = reader.id;
  return changes;
end
$$;
