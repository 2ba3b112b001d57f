-- Clears deleted webhooks that have no deliveries any more.
delete from gateway.webhooks w
where w.deleted_at < now() - interval '1 hour'
  and (select d.id from gateway.webhook_deliveries d where d.webhook_id = w.id order by d.webhook_id, d.id limit 1)
    is null
returning id
