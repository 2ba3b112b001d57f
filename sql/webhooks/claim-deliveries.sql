-- Takes hold of deliveries that are due, of each webhook as many as there is room for.
-- $1 rooms jsonb: {webhook id: how many more}
-- $2 room bigint: of the others
-- $3 hold_seconds double precision: after which others may take them
select deliveries, webhooks from gateway.claim_deliveries($1, $2, $3 * interval '1 second')
