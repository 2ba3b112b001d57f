-- One order with its status history.
-- $1 order_id bigint
select order_id, version, details as document from orders.order_documents where order_id = $1
