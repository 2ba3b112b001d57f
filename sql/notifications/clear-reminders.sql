-- Clears the record of reminders that no clock will come back to: an interval is a year at most.
-- $1 limit bigint
delete from users.reminders r using (
  select user_id, due_at from users.reminders where due_at < now() - interval '400 days' limit $1
) old
where r.user_id = old.user_id and r.due_at = old.due_at
returning r.user_id
