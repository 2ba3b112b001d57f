-- What happened to an order, as far as it is kept, also of an order that was deleted: the latest, in their order, and
-- how much there is. What has the same time comes in the order in which one thing leads to another (`place`).
-- Deliveries, emails and what waits for the broker stand where they ended, or where they began to wait.
-- $1 order_id bigint
-- $2 limit bigint
with placed as materialized (
  select created_at, updated_at, version, xmin::text as written_by, orders.is_placed_here(o) as is_placed_here
  -- By the order of ids, which no other index has.
  from orders.orders o where o.id >= $1 and o.id <= $1 order by o.id limit 1
),
history as materialized (
  select h.history_id, h.status, h.changed_at, h.changed_by, h.note, h.request_id,
    lag(h.status) over (order by h.changed_at, h.history_id) as from_status
  from orders.order_status_history h where h.order_id = $1
),
movements as materialized (
  select moved_at, reason, changed_by, xmin::text as written_by, min(movement_id) as id,
    jsonb_object_agg(product_id, quantity) as quantities
  from products.stock_movements where order_id = $1
  group by moved_at, reason, changed_by, xmin::text
),
events as materialized (
  select id, message_id, event_type, payload ->> 'status' as status, request_id, occurred_at, published_at, attempts,
    last_error, sequence
  from orders.outbox where order_id = $1 and published_at is null
  union all
  select id, message_id, event_type, payload ->> 'status', request_id, occurred_at, published_at, attempts,
    last_error, sequence
  from orders.outbox where order_id = $1 and published_at is not null
),
entries as materialized (
  select o.created_at as at, 1 as place, 0::bigint as id, 'created' as kind, jsonb_build_object(
    'is_placed_here', o.is_placed_here, 'status', h.status, 'changed_by', h.changed_by,
    'note', nullif(h.note, 'Order created'), 'request_id', h.request_id) as facts
  from placed o
  left join history h on h.from_status is null and h.changed_at = o.created_at
  union all
  select h.changed_at, 2, h.history_id, case when h.status = h.from_status then 'note' else 'status' end,
    jsonb_build_object('from_status', h.from_status, 'status', h.status, 'changed_by', h.changed_by, 'note', h.note,
      'request_id', h.request_id)
  from history h
  where h.from_status is not null or h.changed_at is distinct from (select created_at from placed)
  union all
  select m.moved_at, 3, m.id, 'stock',
    jsonb_build_object('reason', m.reason, 'quantities', m.quantities, 'changed_by', m.changed_by)
  from movements m
  union all
  select i.created_at, 4, 0, 'invoice',
    jsonb_build_object('content_type', i.content_type, 'size', octet_length(i.document))
  from orders.invoices i where i.order_id = $1
  union all
  -- What changes a status or makes a remark writes the history after the order; stock and invoices are written by the
  -- same transaction.
  select o.updated_at, 5, 0, 'changed', jsonb_build_object('version', o.version)
  from placed o
  where o.updated_at > o.created_at
    and not exists (select from history h where h.changed_at >= o.updated_at)
    and not exists (select from movements m where m.written_by = o.written_by)
    and not exists (select from orders.invoices i where i.order_id = $1 and i.xmin::text = o.written_by)
  union all
  select e.occurred_at, 6, e.id, 'event', jsonb_build_object('event_id', e.message_id, 'event_type', e.event_type,
    'status', e.status, 'sequence', e.sequence, 'request_id', e.request_id)
  from events e
  union all
  select greatest(e.published_at, e.occurred_at), 7, e.id, 'rabbitmq', jsonb_build_object(
    'event_id', e.message_id, 'event_type', e.event_type, 'attempts', e.attempts, 'last_error', e.last_error,
    'state', case when e.published_at is null then 'waiting' else 'delivered' end)
  from events e
  -- Where no gateway has a broker, an event counts as published from the beginning, and nobody tried.
  where e.published_at is null or e.attempts > 0
  union all
  select greatest(coalesce(d.delivered_at, d.failed_at, d.created_at), e.occurred_at), 8, d.id, 'webhook',
    jsonb_build_object(
      'event_id', e.message_id, 'event_type', e.event_type, 'webhook_id', w.id, 'url', w.url,
      'is_off', not w.active or w.deleted_at is not null, 'disabled_reason', w.disabled_reason,
      'attempts', d.attempts, 'last_error', d.last_error,
      'state', case when d.delivered_at is not null then 'delivered' when d.failed_at is not null then 'failed'
        else 'waiting' end,
      'next_attempt_at', case
        when w.active and coalesce(d.delivered_at, d.failed_at) is null and d.next_attempt_at < 'infinity'
          then d.next_attempt_at
        end)
  from events e
  cross join lateral (select * from gateway.webhook_deliveries where event_id = e.id offset 0) d
  cross join lateral (select * from gateway.webhooks where id = d.webhook_id offset 0) w
  union all
  select greatest(coalesce(m.accepted_at, m.failed_at, m.queued_at), h.changed_at), 9, m.id, 'email',
    jsonb_build_object(
      'status', h.status, 'attempts', m.attempts, 'last_error', m.last_error,
      'state', case when m.accepted_at is not null then 'delivered' when m.failed_at is not null then 'failed'
        else 'waiting' end,
      'next_attempt_at', case when coalesce(m.accepted_at, m.failed_at) is null then m.next_attempt_at end)
  from history h
  cross join lateral (select * from gateway.emails where history_id = h.history_id offset 0) m
  union all
  select k.last_repeated_at, 10, 0, 'repeat', jsonb_build_object('attempts', k.repeats + 1)
  from gateway.idempotency_keys k where k.order_id = $1 and k.repeats > 0
)
select exists (select from placed) as is_there, (select count(*) from entries) as total,
  array_to_json(array(
    select jsonb_strip_nulls(jsonb_build_object('at', e.at, 'kind', e.kind) || e.facts)
    from (select * from entries order by at desc, place desc, id desc limit $2) e
    order by e.at, e.place, e.id)) as entries
