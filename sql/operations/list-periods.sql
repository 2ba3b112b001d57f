-- Which orders to look at next: those of the last seven days, those of up to three months where a law was found broken,
-- and those of the month that nobody has looked at for longest. So each look costs the same, and all orders have their
-- turn.
with months as (
  select m::date as month
  from generate_series(
    date_trunc('month', greatest((select min(created_at) from orders.orders), '2000-01-01') at time zone 'UTC'),
    now() at time zone 'UTC', interval '1 month') m
),
checked as (
  select m.month, min(c.checked_at) as checked_at, coalesce(sum(c.broken), 0) as broken
  from months m
  left join gateway.invariant_checks c using (month)
  group by m.month
),
chosen as (
  (select month from checked where broken > 0 order by checked_at limit 3)
  union
  (select month from checked order by checked_at nulls first, month limit 1)
)
select 'infinity' as month, (date_trunc('day', now() at time zone 'UTC') - interval '7 days') at time zone 'UTC'
  as since,
  timestamptz 'infinity' as before
union all
select month::text, month::timestamp at time zone 'UTC', (month + interval '1 month') at time zone 'UTC' from chosen
order by 1 desc
