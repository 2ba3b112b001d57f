-- What failed for good in a queue, the latest first.
-- $1 queue text
-- $2 limit bigint
-- $3 offset bigint
with failed as (
  select e.id::text as id, e.failed_at, e.attempts, e.last_error as reason,
    json_build_object(
      'kind', case when e.history_id is null then 'reminder' else 'order status' end,
      'user_id', u.external_user_id, 'order_id', h.order_id, 'due_at', e.due_at)::text as about
  from gateway.emails e
  join users.users u on u.id = e.user_id
  left join orders.order_status_history h on h.history_id = e.history_id
  where $1 = 'emails' and e.failed_at is not null
  union all
  select id::text, completed_on, retry_count + 1, output ->> 'message', json_build_object('kind', 'tick', 'created_at', created_on)::text
  from pgboss.job where name = $1 and state = 'failed'
)
select
  (select count(*) from failed) as total,
  (
    select coalesce(json_agg(json_build_object(
      'id', id, 'failed_at', failed_at, 'attempts', attempts, 'reason', reason, 'about', about::json)), '[]')
    from (select * from failed order by failed_at desc, id limit $2 offset $3) page
  ) as failed
