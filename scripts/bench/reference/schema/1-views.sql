create or replace view bench_reference.cart_documents as
select c.user_id, c.cart_id, c.version, (
  select row_to_json(fields)::text
  from (
    select c.cart_id::text as cart_id, u.external_user_id as user_id,
      array(
        select i from (
          select i.product_id, i.quantity, i.add_to_cart_order, i.reordered, p.product_name, a.aisle_name, d.department_name,
            e.description, e.price, e.image_url
          from orders.cart_items i
          join products.products p on p.product_id = i.product_id
          left join products.product_enriched e on e.product_id = i.product_id
          left join products.departments d on d.department_id = p.department_id
          left join products.aisles a on a.aisle_id = p.aisle_id
          where i.cart_id = c.cart_id
          order by i.add_to_cart_order, i.product_id
        ) i
      ) as items,
      sums.total_items, sums.total_quantity, sums.total_price, '[]'::json as changes, c.created_at, c.updated_at
  ) fields
) as document
from orders.carts c
join users.users u on u.id = c.user_id
cross join lateral (
  select count(*) as total_items,
    coalesce(sum(i.quantity), 0) as total_quantity,
    coalesce(sum(e.price * i.quantity), 0) as total_price
  from orders.cart_items i
  left join products.product_enriched e on e.product_id = i.product_id
  where i.cart_id = c.cart_id
) sums;

create or replace view bench_reference.management_documents as
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

create or replace view bench_reference.order_documents as
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
  offset 0
) written;

create or replace view bench_reference.public_users as
select u.id, u.version, u.external_user_id as user_id, u.first_name, u.last_name, u.email_address, u.phone_number,
  u.street_address, u.city, u.postal_code, u.country, u.days_between_order_notifications,
  u.order_notifications_start_date_time, u.order_notifications_next_scheduled_time, u.pending_order_notification,
  u.order_notifications_via_email, u.last_notification_sent_at, u.last_notifications_viewed_at, u.last_login
from users.users u;
