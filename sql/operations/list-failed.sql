-- What failed for good in a queue, the latest first; of deliveries to webhooks those that were made last.
-- $1 queue text
-- $2 limit bigint
-- $3 offset bigint
with email_page as materialized (
  select id, user_id, history_id, due_at, failed_at, attempts, last_error from gateway.emails
  where $1 = 'emails' and failed_at is not null
  order by failed_at desc, id desc limit $2 offset $3
),
delivery_page as materialized (
  select d.* from gateway.webhooks w
  cross join lateral (
    select id, webhook_id, order_id, created_at, failed_at, attempts, last_error from gateway.webhook_deliveries
    where webhook_id = w.id and failed_at is not null
    order by webhook_id desc, id desc limit $2 + $3
  ) d
  where $1 = 'webhooks' and w.deleted_at is null
  order by d.id desc limit $2 offset $3
),
tick_page as materialized (
  select id, completed_on, retry_count, output, created_on from pgboss.job
  where name = $1 and state = 'failed'
  order by completed_on desc, id limit $2 offset $3
)
select
  (select count(*) from gateway.emails where $1 = 'emails' and failed_at is not null)
    + (
      select coalesce(sum(failed), 0)::bigint
      from (
        select webhook_id, count(*) as failed from gateway.webhook_deliveries
        where $1 = 'webhooks' and failed_at is not null group by webhook_id
      ) d
      where (select w.deleted_at is null from gateway.webhooks w where w.id = d.webhook_id))
    + (select count(*) from pgboss.job where name = $1 and state = 'failed') as total,
  -- Of the three pages two are empty: no queue has more than one.
  array_to_json(array(
    select json_build_object('id', id::text, 'failed_at', failed_at, 'attempts', attempts, 'reason', last_error,
      'about', json_build_object(
      'kind', case when history_id is null then 'reminder' else 'order status' end,
      'user_id', (select u.external_user_id from users.users u where u.id = e.user_id),
      'order_id', (select h.order_id from orders.order_status_history h where h.history_id = e.history_id),
      'due_at', due_at))
    from email_page e
    union all
    select json_build_object('id', id::text, 'failed_at', failed_at, 'attempts', attempts, 'reason', last_error,
      'about', json_build_object(
      'kind', 'webhook', 'webhook_id', webhook_id, 'order_id', order_id, 'created_at', created_at))
    from delivery_page
    union all
    select json_build_object('id', id::text, 'failed_at', completed_on, 'attempts', retry_count + 1,
      'reason', output ->> 'message', 'about', json_build_object('kind', 'tick', 'created_at', created_on))
    from tick_page)) as failed
