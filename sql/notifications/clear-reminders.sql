-- Clears the record of reminders that no clock will come back to: an interval is a year at most.
-- $1 limit bigint
delete from users.reminders where ctid = any (array(
  select ctid from users.reminders where due_at < now() - interval '400 days' order by due_at limit $1
  for update skip locked))
returning user_id
