-- What waits, since when, what failed for good, and what keeps all of it waiting, in each queue; of the ticks only
-- those that failed. 200,000 waiting of each and 500,000 failed emails: 0.1 s. What waits is read once, by its index.
-- The fault of events stands with the first of them by that index (sql/events/note-fault.sql): by id alone all that is
-- published would be gone through.
with waiting_emails as materialized (
  select count(*) as depth, min(queued_at) as oldest from gateway.emails where accepted_at is null and failed_at is null
),
waiting_events as materialized (
  select count(*) as depth, min(occurred_at) as oldest from orders.outbox where published_at is null
),
-- Not those of deleted webhooks, which are cleared.
waiting_deliveries as materialized (
  select coalesce(sum(waiting), 0)::bigint as depth, min(oldest) as oldest
  from (
    select webhook_id, count(*) as waiting, min(created_at) as oldest from gateway.webhook_deliveries
    where delivered_at is null and failed_at is null group by webhook_id
  ) d
  where (select w.deleted_at is null from gateway.webhooks w where w.id = d.webhook_id)
)
select queue, depth, oldest, failed, fault from (
  select 1 as place, 'reminders' as queue,
    (select count(*) from users.users where order_notifications_next_scheduled_time <= now()) as depth,
    (select min(order_notifications_next_scheduled_time) from users.users
     where order_notifications_next_scheduled_time <= now()) as oldest,
    (select count(*) from pgboss.job where name = 'reminders' and state = 'failed') as failed,
    null::json as fault
  union all
  select 2, 'emails',
    (select depth from waiting_emails),
    (select oldest from waiting_emails),
    (select count(*) from gateway.emails where failed_at is not null),
    (
      select json_build_object('reason', last_error, 'since', queued_at) from gateway.emails
      where accepted_at is null and failed_at is null and server_away and last_error is not null
      order by next_attempt_at limit 1)
  union all
  select 3, 'order-events',
    (select depth from waiting_events),
    (select oldest from waiting_events),
    0,
    (
      select json_build_object('reason', last_error, 'since', (select oldest from waiting_events))
      from (select last_error from orders.outbox where published_at is null order by order_id, id limit 1) first
      where last_error is not null)
  union all
  select 4, 'webhooks',
    (select depth from waiting_deliveries),
    (select oldest from waiting_deliveries),
    (
      select coalesce(sum(failed), 0)::bigint
      from (
        select webhook_id, count(*) as failed from gateway.webhook_deliveries where failed_at is not null
        group by webhook_id
      ) d
      where (select w.deleted_at is null from gateway.webhooks w where w.id = d.webhook_id)),
    null
  union all
  select 5, 'housekeeping',
    (select count(*) from pgboss.job where name = 'housekeeping' and state in ('created', 'retry', 'active')),
    (select min(created_on) from pgboss.job where name = 'housekeeping' and state in ('created', 'retry', 'active')),
    (select count(*) from pgboss.job where name = 'housekeeping' and state = 'failed'),
    null
) queues
order by place
