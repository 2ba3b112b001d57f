-- What failed for good in a queue, the latest first.
-- $1 queue text
-- $2 limit bigint
-- $3 offset bigint
with email_page as materialized (
  select id, user_id, history_id, due_at, failed_at, attempts, last_error from gateway.emails
  where $1 = 'emails' and failed_at is not null
  order by failed_at desc, id desc limit $2 offset $3
),
tick_page as materialized (
  select id, completed_on, retry_count, output, created_on from pgboss.job
  where name = $1 and state = 'failed'
  order by completed_on desc, id limit $2 offset $3
)
select
  (select count(*) from gateway.emails where $1 = 'emails' and failed_at is not null)
    + (select count(*) from pgboss.job where name = $1 and state = 'failed') as total,
  -- Of the two pages one is empty: no queue has both.
  array_to_json(array(
    select json_build_object('id', id::text, 'failed_at', failed_at, 'attempts', attempts, 'reason', last_error,
      'about', json_build_object(
      'kind', case when history_id is null then 'reminder' else 'order status' end,
      'user_id', (select u.external_user_id from users.users u where u.id = e.user_id),
      'order_id', (select h.order_id from orders.order_status_history h where h.history_id = e.history_id),
      'due_at', due_at))
    from email_page e
    union all
    select json_build_object('id', id::text, 'failed_at', completed_on, 'attempts', retry_count + 1,
      'reason', output ->> 'message', 'about', json_build_object('kind', 'tick', 'created_at', created_on))
    from tick_page)) as failed
