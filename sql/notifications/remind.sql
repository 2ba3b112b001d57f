-- Reminds users who are due: marks them, moves their next time, records the reminder, queues the email of those who
-- want one. The next time is moved also where the reminder was given already (a clock that stepped back), or the user
-- would stay due.
-- $1 limit bigint
with due as materialized (
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
  -- Locked by `due`: the next time is still the one that is due.
  update users.users u set
    order_notifications_next_scheduled_time = users.next_reminder_time(
      u.order_notifications_start_date_time, u.days_between_order_notifications,
      greatest(now(), u.order_notifications_next_scheduled_time)),
    pending_order_notification = u.pending_order_notification or u.id = any (array(select user_id from recorded)),
    last_notification_sent_at = case when u.id = any (array(select user_id from recorded)) then now()
      else u.last_notification_sent_at end
  where u.id = any (array(select id from due))
),
queued as (
  insert into gateway.emails (user_id, due_at)
  select r.user_id, r.due_at from recorded r
  where (select u.order_notifications_via_email from users.users u where u.id = r.user_id)
  returning id
)
select
  (select count(*) from due) as due,
  (select count(*) from recorded) as reminded,
  (select count(*) from queued) as queued
