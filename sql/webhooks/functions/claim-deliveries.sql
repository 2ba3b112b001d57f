-- Takes hold of deliveries for `hold`: of each webhook as many as the gateway has room for, so that a slow consumer is
-- in nobody's way. Of one that has failed several times in a row only one at a time is tried, by one gateway.
-- `rooms`: {webhook id: how many more}; of others `room`.
create or replace function gateway.claim_deliveries(
  rooms jsonb, room bigint, hold interval, out deliveries json, out webhooks json
) language plpgsql as $$
declare
  webhook gateway.webhooks;
  most bigint;
  ids bigint[] := '{}';
  found_ids bigint[];
  used bigint[] := '{}';
begin
  for webhook in
    select * from gateway.webhooks w
    where w.active and w.deleted_at is null and coalesce(w.paused_until, '-infinity') <= now()
  loop
    most := coalesce((rooms ->> webhook.id::text)::bigint, room);
    if webhook.failures >= 5 and most > 0 then
      most := 1;
    end if;
    continue when most <= 0;
    found_ids := array(
      select d.id from gateway.webhook_deliveries d
      where d.webhook_id = webhook.id and d.delivered_at is null and d.failed_at is null
        and d.next_attempt_at > '-infinity' and d.next_attempt_at <= now()
      order by d.webhook_id, d.next_attempt_at limit most
      for no key update skip locked);
    continue when found_ids = '{}';
    if webhook.failures >= 5 then
      -- Another gateway may have come first: what it tries is enough.
      update gateway.webhooks w set paused_until = now() + hold
      where w.id = webhook.id and coalesce(w.paused_until, '-infinity') <= now();
      continue when not found;
    end if;
    ids := ids || found_ids;
    used := used || webhook.id;
  end loop;

  update gateway.webhook_deliveries d set
    next_attempt_at = now() + hold, attempts = d.attempts + 1, is_delayed = false
  where d.id = any (ids);

  select coalesce(json_agg(json_build_object(
    'id', d.id, 'webhook_id', d.webhook_id, 'is_test', d.event_id is null,
    'message_id', coalesce(event.message_id, d.message_id), 'event_type', event.event_type,
    'created_at', d.created_at, 'document', event.document,
    'traceparent', event.traceparent) order by d.id), '[]')
  into deliveries
  from gateway.webhook_deliveries d
  left join lateral (
    select o.message_id, o.event_type, orders.event_document(o) as document, o.traceparent
    from orders.outbox o where o.id = d.event_id
    offset 0
  ) event on true
  where d.id = any (ids);

  select coalesce(json_agg(json_build_object(
    'id', w.id, 'url', w.url, 'secret', w.secret,
    'previous_secret', case when w.previous_until > now() then w.previous_secret end)), '[]')
  into webhooks
  from gateway.webhooks w where w.id = any (used);
end
$$;
