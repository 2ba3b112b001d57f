-- Reminds users who are due: marks them, moves their next time, records the reminder, queues the email of those who want one.
-- The next time is moved also where the reminder was given already (a clock that stepped back), or the user would stay due.
-- $1 limit bigint
with due as (
  select id, order_notifications_next_scheduled_time as due_at
  from users.users
  where order_notifications_next_scheduled_time <= now()
  order by order_notifications_next_scheduled_time
  limit $1
  for no key update skip locked
),
recorded as (
  insert into users.reminders (user_id, due_at)
  select id, due_at from due
  on conflict do nothing
  returning user_id, due_at
),
moved as (
  update users.users u set
    order_notifications_next_scheduled_time = users.next_reminder_time(
      u.order_notifications_start_date_time, u.days_between_order_notifications, greatest(now(), due.due_at)),
    pending_order_notification = u.pending_order_notification or recorded.user_id is not null,
    last_notification_sent_at = case when recorded.user_id is null then u.last_notification_sent_at else now() end
  from due
  left join recorded on recorded.user_id = due.id
  where u.id = due.id
),
queued as (
  insert into gateway.emails (user_id, due_at)
  select r.user_id, r.due_at
  from recorded r
  join users.users u on u.id = r.user_id
  where u.order_notifications_via_email
  returning id
)
select
  (select count(*) from due) as due,
  (select count(*) from recorded) as reminded,
  (select count(*) from queued) as queued
