-- Changes an order's status or tracking and returns its details.
-- $1 order_id bigint
-- $2 changes jsonb: any of status, note, tracking_number, shipping_carrier, tracking_url
-- $3 if_match text[]: null for any version
-- $4 context jsonb: actor, request_id
select order_id, version, details as document
from orders.change_order($1, $2, $3, $4)
