-- Changes an order's status.
-- $1 order_id bigint
-- $2 changes jsonb: status
-- $3 if_match text[]: null for any version
-- $4 context jsonb: actor, request_id
select id as order_id, version, user_id, status, created_at, updated_at, orders.management_document(id) as document
from orders.change_status($1, $2, $3, $4)
