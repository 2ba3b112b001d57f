-- Has deliveries that failed for good tried again, as if they were new: `only_id`, or else up to `most`, webhook by
-- webhook, the oldest first. Those of one order go out one after the other. Returns their ids.
create or replace function gateway.retry_deliveries(only_id bigint, most bigint) returns setof bigint
language plpgsql as $$
declare
  webhook bigint;
  ids bigint[] := '{}';
begin
  -- None of them ends meanwhile, as in sql/events/functions/number-events.sql.
  perform pg_advisory_xact_lock(70000003);
  if only_id is not null then
    ids := array(
      select d.id from (select * from gateway.webhook_deliveries where id = only_id offset 0) d
      where d.failed_at is not null
        and (select w.deleted_at is null from gateway.webhooks w where w.id = d.webhook_id));
  else
    for webhook in select w.id from gateway.webhooks w where w.deleted_at is null order by w.id loop
      exit when cardinality(ids) >= most;
      ids := ids || array(
        select d.id from gateway.webhook_deliveries d
        where d.webhook_id = webhook and d.failed_at is not null
        order by d.webhook_id, d.id limit most - cardinality(ids));
    end loop;
  end if;
  update gateway.webhook_deliveries d set
    failed_at = null, attempts = 0, is_delayed = false, expires_at = now() + interval '3 days',
    next_attempt_at = case when d.order_id is null then now() else 'infinity' end
  where d.id = any (ids);
  perform gateway.free_next(ids);
  return query select unnest(ids);
end
$$;
