-- When a user is reminded next.
create or replace trigger users_plan_reminder before insert on users.users
for each row when (new.order_notifications_next_scheduled_time is null)
execute function users.plan_reminder();

create or replace trigger users_replan_reminder
before update of order_notifications_start_date_time, days_between_order_notifications on users.users
for each row when (
  (old.order_notifications_start_date_time, old.days_between_order_notifications)
  is distinct from (new.order_notifications_start_date_time, new.days_between_order_notifications))
execute function users.plan_reminder();

-- Emails that nobody wants any more.
create or replace trigger users_withdraw_emails after update of order_notifications_via_email on users.users
for each row when (old.order_notifications_via_email and not new.order_notifications_via_email)
execute function users.withdraw_emails();
