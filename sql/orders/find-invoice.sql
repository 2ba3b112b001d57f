-- An order's invoice; no row without such an order, nulls without an invoice.
-- $1 order_id bigint
select i.content_type, i.document
from orders.orders o
left join orders.invoices i on i.order_id = o.id
where o.id = $1
