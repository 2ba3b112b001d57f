-- How many deliveries to webhooks failed for good; not those of deleted webhooks, which are cleared.
select coalesce(sum(failed), 0)::bigint as total
from (
  select webhook_id, count(*) as failed from gateway.webhook_deliveries where failed_at is not null group by webhook_id
) d
where (select w.deleted_at is null from gateway.webhooks w where w.id = d.webhook_id)
