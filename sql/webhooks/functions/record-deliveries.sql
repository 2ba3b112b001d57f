-- Keeps what became of deliveries, and when each is tried again: after 5 s, 20 s, 80 s … 12 h, up to three days, or as
-- the consumer asks. After several failures in a row a webhook is left alone for growing times, and what it missed is
-- due at once when it is back.
-- `outcomes`: [{id, webhook_id, is_delivered, is_gone, status, reason, retry_after (seconds), took_ms}]
create or replace function gateway.record_deliveries(outcomes jsonb) returns void
language plpgsql as $$
declare
  finished bigint[];
  webhook record;
  was_away boolean;
begin
  -- Not while events are put into queues (sql/events/functions/number-events.sql).
  perform pg_advisory_xact_lock_shared(70000003);

  with outcome as materialized (
    select * from jsonb_to_recordset(outcomes)
      as o (id bigint, is_delivered boolean, status integer, reason text, retry_after double precision, took_ms integer)
  ), recorded as (
    update gateway.webhook_deliveries d set
      (last_status, last_error, took_ms) = (select o.status, o.reason, o.took_ms from outcome o where o.id = d.id),
      delivered_at = case when (select o.is_delivered from outcome o where o.id = d.id) then now() end,
      failed_at = case
        when not (select o.is_delivered from outcome o where o.id = d.id) and d.expires_at <= now() then now() end,
      is_delayed = true,
      next_attempt_at = least(now() + greatest(
        (select coalesce(o.retry_after, 0) from outcome o where o.id = d.id) * interval '1 second',
        least(interval '5 seconds' * 4 ^ least(d.attempts - 1, 8), interval '12 hours') * (0.9 + 0.2 * random())),
        greatest(d.expires_at, now()))
    -- By id alone, as in release-deliveries.sql.
    where d.id = any (array(select o.id from outcome o)) and coalesce(d.delivered_at, d.failed_at) is null
    returning d.id, d.delivered_at is not null or d.failed_at is not null as is_over
  )
  select array_agg(r.id) filter (where r.is_over) into finished from recorded r;

  for webhook in
    select o.webhook_id as id, bool_or(o.is_delivered) as is_back, coalesce(bool_or(o.is_gone), false) as is_gone,
      max(o.retry_after) as retry_after, max(o.reason) filter (where not o.is_delivered) as reason
    from jsonb_to_recordset(outcomes)
      as o (webhook_id bigint, is_delivered boolean, is_gone boolean, retry_after double precision, reason text)
    group by o.webhook_id
    order by o.webhook_id
  loop
    select w.failures >= 5 into was_away from gateway.webhooks w where w.id = webhook.id for no key update;
    if webhook.is_gone then
      update gateway.webhooks w set
        active = false, disabled_reason = '410: the consumer wants no more', updated_at = now()
      where w.id = webhook.id;
    elsif webhook.is_back then
      update gateway.webhooks w set failures = 0, last_error = null,
        paused_until = now() + webhook.retry_after * interval '1 second'
      where w.id = webhook.id and (w.failures > 0 or w.paused_until is not null or webhook.retry_after is not null);
      if was_away then
        update gateway.webhook_deliveries d set next_attempt_at = now(), is_delayed = false
        where d.id = any (array(
          select l.id from gateway.webhook_deliveries l
          where l.webhook_id = webhook.id and l.delivered_at is null and l.failed_at is null and l.is_delayed
          order by l.webhook_id, l.id limit 5000));
      end if;
    else
      update gateway.webhooks w set failures = w.failures + 1, last_error = webhook.reason,
        paused_until = greatest(
          case when w.failures >= 4 then now() + least(interval '1 second' * 2 ^ least(w.failures - 4, 10),
            interval '5 minutes') end,
          now() + webhook.retry_after * interval '1 second')
      where w.id = webhook.id;
    end if;
  end loop;
  perform gateway.free_next(finished);
end
$$;
