-- An order as the service API shows it, with its items; `details` adds the status history. The one place that knows this
-- shape: lists, single orders and the answers of writes all read it here.
create or replace view orders.order_documents as
select o.id as order_id, o.version, written.document,
  left(written.document, -1) || ',"status_history":' || to_json(array(
    select h from (
      select history_id, h.order_id::text as order_id, status, changed_at, changed_by, note
      from orders.order_status_history h
      where h.order_id = o.id
      order by h.changed_at, h.history_id
    ) h
  ))::text || '}' as details
from orders.orders o
left join users.users u on u.id = o.user_id
cross join lateral (
  select row_to_json(fields)::text as document
  from (
    select o.id::text as order_id, u.external_user_id as user_id, o.order_number, o.order_dow, o.order_hour_of_day,
      o.days_since_prior_order, o.total_items, o.total_quantity, o.total_price, o.status, o.delivery_name, o.phone_number,
      o.street_address, o.city, o.postal_code, o.country, o.tracking_number, o.shipping_carrier,
      -- Nothing else is taken any more; what older releases took is not handed out.
      case when o.tracking_url ~* '^https?://' then o.tracking_url end as tracking_url,
      (select '/orders/' || i.order_id || '/invoice' from orders.invoices i where i.order_id = o.id) as invoice,
      o.created_at, o.updated_at,
      array(
        select l from (
          select l.product_id, l.product_name, l.quantity, l.add_to_cart_order, l.reordered, l.price, e.description,
            l.image_url, d.department_name, a.aisle_name
          from orders.order_items l
          join products.products p on p.product_id = l.product_id
          left join products.product_enriched e on e.product_id = l.product_id
          left join products.departments d on d.department_id = p.department_id
          left join products.aisles a on a.aisle_id = p.aisle_id
          where l.order_id = o.id
          order by l.add_to_cart_order, l.product_id
        ) l
      ) as items
  ) fields
  -- Kept apart from the query around it, so that `details` does not build the document a second time.
  offset 0
) written;
