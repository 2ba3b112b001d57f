-- One order as a caller of the storefront sees it, by id or by reference; a null document where it is another's.
-- $1 order_id bigint: null where it is looked up by its reference
-- $2 order_reference text
-- $3 caller jsonb: {userId, localId, role}
select d.order_id, d.version, orders.show_order(d, $3) as document
from orders.storefront_documents d
where d.order_id = coalesce($1, (select id from orders.orders where order_reference = $2))
