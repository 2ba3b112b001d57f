-- Marks emails that the mail server has accepted. A reminder's user is no longer pending, unless a later reminder is.
-- $1 ids bigint[]
with accepted as (
  update gateway.emails set accepted_at = now(), failed_at = null, last_error = null, server_away = false
  where id = any ($1::bigint[]) and accepted_at is null
  returning id, user_id, due_at
),
delivered as (
  update users.users set pending_order_notification = false
  where pending_order_notification and id = any (array(
    select a.user_id from accepted a
    -- Compared as a pair, which only the index by user serves.
    where a.due_at is not null and (
      select later.due_at from users.reminders later
      where later.user_id = a.user_id and (later.user_id, later.due_at) > (a.user_id, a.due_at)
      order by later.user_id, later.due_at limit 1) is null))
)
select id from accepted
