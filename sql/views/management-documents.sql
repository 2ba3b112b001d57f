-- An order as the management API shows it: internal ids, integer cents. The one place that knows this shape.
create or replace view orders.management_documents as
select o.id as order_id, o.version, (
  select row_to_json(fields)::text
  from (
    select o.id as order_id, o.user_id,
      coalesce(nullif(o.customer_name, ''), nullif(concat_ws(' ', u.first_name, nullif(u.last_name, '')), '')) as user_name,
      o.status, o.created_at, o.updated_at,
      array(
        select i from (
          select i.id, i.product_id, i.product_name, i.quantity, (i.price * 100)::bigint as price_cents_at_purchase
          from orders.order_items i
          where i.order_id = o.id
          order by i.add_to_cart_order, i.product_id
        ) i
      ) as items,
      (o.total_price * 100)::bigint as total_amount_cents, o.total_quantity
  ) fields
) as document
from orders.orders o
left join users.users u on u.id = o.user_id;
