-- What waits, since when, and what failed for good, in each queue; of the ticks only those that failed.
select queue, depth, oldest, failed from (
  select 1 as place, 'reminders' as queue,
    (select count(*) from users.users where order_notifications_next_scheduled_time <= now()) as depth,
    (select min(order_notifications_next_scheduled_time) from users.users where order_notifications_next_scheduled_time <= now()) as oldest,
    (select count(*) from pgboss.job where name = 'reminders' and state = 'failed') as failed
  union all
  select 2, 'emails',
    (select count(*) from gateway.emails where accepted_at is null and failed_at is null),
    (select min(queued_at) from gateway.emails where accepted_at is null and failed_at is null),
    (select count(*) from gateway.emails where failed_at is not null)
  union all
  select 3, 'order-events',
    (select count(*) from orders.outbox where published_at is null),
    (select min(occurred_at) from orders.outbox where published_at is null),
    0
  union all
  select 4, 'housekeeping',
    (select count(*) from pgboss.job where name = 'housekeeping' and state in ('created', 'retry', 'active')),
    (select min(created_on) from pgboss.job where name = 'housekeeping' and state in ('created', 'retry', 'active')),
    (select count(*) from pgboss.job where name = 'housekeeping' and state = 'failed')
) queues
order by place
