-- Gives up on up to `most` deliveries whose time is over; says how many.
create or replace function gateway.expire_deliveries(most bigint) returns bigint
language plpgsql as $$
declare
  finished bigint[];
begin
  -- As in record-deliveries.sql.
  perform pg_advisory_xact_lock_shared(70000003);
  with expired as (
    update gateway.webhook_deliveries d set
      failed_at = now(), last_error = coalesce(d.last_error, 'not delivered within three days')
    where d.id = any (array(
      select e.id from gateway.webhook_deliveries e
      where e.delivered_at is null and e.failed_at is null and e.expires_at <= now() and e.expires_at > '-infinity'
      order by e.expires_at limit most
      for no key update skip locked))
    returning d.id
  )
  select array_agg(e.id) into finished from expired e;
  perform gateway.free_next(finished);
  return coalesce(cardinality(finished), 0);
end
$$;
