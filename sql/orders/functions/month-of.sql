create or replace function orders.month_of(moment timestamptz) returns date
language sql immutable as $$
  select date_trunc('month', moment at time zone 'UTC')::date
$$;
