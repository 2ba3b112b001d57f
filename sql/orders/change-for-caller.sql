-- Changes an order on behalf of a caller of the storefront and returns it as the caller sees it.
-- $1 order_id bigint
-- $2 changes jsonb: any of status, payment_status, tracking_number, shipping_carrier, internal_notes
-- $3 if_match text[]: null for any version
-- $4 caller jsonb: {userId, localId, role}
-- $5 context jsonb: actor, request_id
select order_id, version, document from orders.change_for_caller($1, $2, $3, $4, $5)
