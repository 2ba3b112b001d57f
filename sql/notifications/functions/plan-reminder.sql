create or replace function users.plan_reminder() returns trigger
language plpgsql as $$
begin
  new.order_notifications_next_scheduled_time := users.next_reminder_time(
    new.order_notifications_start_date_time, new.days_between_order_notifications, now());
  return new;
end
$$;
