-- When the next reminder is due: the start while it lies ahead, else the first whole number of
-- intervals after the start that lies ahead of `at_time`. A day is 24 hours: reminders do not follow daylight saving.
create or replace function users.next_reminder_time(start timestamptz, days integer, at_time timestamptz) returns timestamptz
language sql stable as $$
  select case
    when at_time < start then start
    else start + (floor(extract(epoch from at_time - start) / (days * 86400)) + 1)::integer * days * interval '24 hours'
  end
$$;

create or replace function users.plan_reminder() returns trigger
language plpgsql as $$
begin
  new.order_notifications_next_scheduled_time := users.next_reminder_time(
    new.order_notifications_start_date_time, new.days_between_order_notifications, now());
  return new;
end
$$;

create or replace trigger users_plan_reminder before insert on users.users
for each row when (new.order_notifications_next_scheduled_time is null)
execute function users.plan_reminder();

create or replace trigger users_replan_reminder
before update of order_notifications_start_date_time, days_between_order_notifications on users.users
for each row when (
  (old.order_notifications_start_date_time, old.days_between_order_notifications)
  is distinct from (new.order_notifications_start_date_time, new.days_between_order_notifications))
execute function users.plan_reminder();
