-- Marks emails that the mail server has accepted. A reminder's user is no longer pending, unless a later reminder is.
-- $1 ids bigint[]
with accepted as (
  update gateway.emails set accepted_at = now(), failed_at = null, last_error = null, server_away = false
  where id = any ($1::bigint[]) and accepted_at is null
  returning id, user_id, due_at
),
delivered as (
  update users.users u set pending_order_notification = false
  from accepted a
  where u.id = a.user_id and a.due_at is not null and u.pending_order_notification
    and not exists (select from users.reminders later where later.user_id = a.user_id and later.due_at > a.due_at)
)
select id from accepted
