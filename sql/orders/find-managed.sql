-- One order as the management API shows it.
-- $1 order_id bigint
select order_id, version, document from orders.management_documents where order_id = $1
