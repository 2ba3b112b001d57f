-- Who wants events sent to an address, and what is to be sent there.
create table gateway.webhooks (
  id bigint generated always as identity constraint webhooks_pkey primary key,
  url text not null,
  event_types text[] not null,
  active boolean not null default true,
  -- Encrypted by the gateway (common/sealed.ts).
  secret text not null,
  previous_secret text,
  previous_until timestamptz,
  failures integer not null default 0,
  paused_until timestamptz,
  last_error text,
  disabled_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table gateway.webhooks is
  'Where events are sent. `failures` in a row, and until when nothing is tried. A deleted one goes with its '
  'deliveries, which are cleared in batches.';

create table gateway.webhook_deliveries (
  id bigint generated always as identity constraint webhook_deliveries_pkey primary key,
  webhook_id bigint not null
    constraint webhook_deliveries_webhook_id_fkey references gateway.webhooks,
  -- Null: a test. No foreign key: a trigger clears them with their events.
  event_id bigint,
  order_id bigint,
  message_id uuid,
  created_at timestamptz not null default now(),
  -- Infinity: behind an earlier one of the same order.
  next_attempt_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '3 days',
  attempts integer not null default 0,
  is_delayed boolean not null default false,
  last_status integer,
  last_error text,
  took_ms integer,
  delivered_at timestamptz,
  failed_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
comment on table gateway.webhook_deliveries is
  'What is sent to webhooks: queue, ledger and dead letters in one. The event itself stands in orders.outbox.';

-- The last condition holds always, here and below: it keeps whoever looks for what is next of an order from reading
-- this one, which a plan without statistics would.
create index webhook_deliveries_due_idx on gateway.webhook_deliveries (webhook_id, next_attempt_at)
where delivered_at is null and failed_at is null and next_attempt_at > '-infinity';
comment on index gateway.webhook_deliveries_due_idx is
  'sql/webhooks/functions/claim-deliveries.sql: what is due of each webhook.';
create index webhook_deliveries_order_idx on gateway.webhook_deliveries (webhook_id, order_id, id)
where delivered_at is null and failed_at is null;
comment on index gateway.webhook_deliveries_order_idx is
  'sql/webhooks/functions/free-next.sql, queue-deliveries.sql: the oldest of an order that waits.';
create index webhook_deliveries_expiring_idx on gateway.webhook_deliveries (expires_at)
where delivered_at is null and failed_at is null and expires_at > '-infinity';
comment on index gateway.webhook_deliveries_expiring_idx is
  'sql/webhooks/expire-deliveries.sql: those whose time is over, the oldest first.';
create index webhook_deliveries_delayed_idx on gateway.webhook_deliveries (webhook_id, id)
where delivered_at is null and failed_at is null and is_delayed;
comment on index gateway.webhook_deliveries_delayed_idx is
  'sql/webhooks/functions/record-deliveries.sql: what need not wait longer when its consumer is back.';
create index webhook_deliveries_webhook_idx on gateway.webhook_deliveries (webhook_id, id);
comment on index gateway.webhook_deliveries_webhook_idx is
  'sql/webhooks/list-deliveries.sql, clear-deliveries.sql: those of a webhook.';
create index webhook_deliveries_failed_idx on gateway.webhook_deliveries (webhook_id, id)
where failed_at is not null;
comment on index gateway.webhook_deliveries_failed_idx is
  'sql/webhooks/list-deliveries.sql: those of a webhook that failed for good.';
create index webhook_deliveries_event_idx on gateway.webhook_deliveries (event_id) where event_id is not null;
comment on index gateway.webhook_deliveries_event_idx is
  'sql/events/functions/note-cleared.sql: those of an event.';
create index webhook_deliveries_tests_idx on gateway.webhook_deliveries (created_at) where event_id is null;
comment on index gateway.webhook_deliveries_tests_idx is
  'sql/webhooks/clear-deliveries.sql: tests of long ago.';
