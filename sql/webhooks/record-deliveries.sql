-- Keeps what became of deliveries.
-- $1 outcomes jsonb: [{id, webhook_id, is_delivered, is_gone, status, reason, retry_after, took_ms}]
select true as is_recorded from gateway.record_deliveries($1)
