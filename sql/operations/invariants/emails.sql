-- No reminder is given twice, and no email is queued twice.
-- $1 most bigint: broken ones to show
select about, '1' as kept, found::text as found, count(*) over () as broken
from (
  select 'reminder of user ' || user_id || ' at ' || due_at as about, count(*) as found
  from users.reminders group by user_id, due_at having count(*) > 1
  union all
  select 'email of user ' || user_id || ' for the reminder at ' || due_at, count(*)
  from gateway.emails where due_at is not null group by user_id, due_at having count(*) > 1
  union all
  select 'email for the entry ' || history_id || ' of an order''s history', count(*)
  from gateway.emails where history_id is not null group by history_id having count(*) > 1
) twice
order by about
limit $1
