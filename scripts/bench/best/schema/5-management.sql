-- The person is looked for only where the order has no name.
create view bench_best.management_documents as
select o.id as order_id, o.version, (
  select row_to_json(fields)::text
  from (
    select o.id as order_id, o.user_id,
      -- The person's row is looked for only where the order does not say.
      coalesce(nullif(o.customer_name, ''), (
        select nullif(concat_ws(' ', u.first_name, nullif(u.last_name, '')),
          '') from users.users u where u.id = o.user_id)) as user_name,
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
from orders.orders o;
