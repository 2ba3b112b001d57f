-- Stores, or replaces, an order's invoice; no row where there is no such order.
-- $1 order_id bigint
-- $2 content_type text
-- $3 document bytea
with invoiced as (
  update orders.orders set updated_at = updated_at where id = $1 returning id
)
insert into orders.invoices (order_id, content_type, document)
select id, $2, $3 from invoiced
on conflict (order_id) do update set
  content_type = excluded.content_type, document = excluded.document, created_at = now()
returning order_id, content_type, octet_length(document) as size
