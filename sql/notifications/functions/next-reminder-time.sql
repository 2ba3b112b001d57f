-- When the next reminder is due: the start while it lies ahead, else the first whole number of
-- intervals after the start that lies ahead of `at_time`. A day is 24 hours: reminders do not follow daylight saving.
create or replace function users.next_reminder_time(start timestamptz, days integer, at_time timestamptz)
returns timestamptz
language sql stable as $$
  select case
    when at_time < start then start
    else start + (floor(extract(epoch from at_time - start) / (days * 86400)) + 1)::integer * days * interval '24 hours'
  end
$$;
