-- An order as the management API shows it: internal ids, integer cents. The one place that knows this shape.
create or replace view orders.management_documents as
select o.id as order_id, o.version, (
  select row_to_json(fields)::text
  from (
    select o.id as order_id, o.user_id,
      -- The person's row is looked for only where the order does not say.
      coalesce(nullif(o.customer_name, ''), (
        select nullif(concat_ws(' ', u.first_name, nullif(u.last_name, '')), '') from users.users u
        where u.id = o.user_id)) as user_name,
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

-- An order as the service API shows it, with its items; `details` adds the status history. The one place that knows
-- this shape: lists, single orders and the answers of writes all read it here.
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
      o.days_since_prior_order, o.total_items, o.total_quantity, o.total_price, o.status, o.delivery_name,
      o.phone_number, o.street_address, o.city, o.postal_code, o.country, o.tracking_number, o.shipping_carrier,
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

-- An order as the storefront shows it, but for what depends on who looks (orders.show_order). An order of another face
-- has no shipping address of its own: it is the one it is delivered to. The one place that knows this shape.
create or replace view orders.storefront_documents as
select o.id as order_id, o.version, u.external_user_id as owner_id,
  -- The id the owner comes with: that of the user service where there is one.
  coalesce(u.upstream_user_id, u.external_user_id::text) as owner_name,
  o.internal_notes, written.document
from orders.orders o
left join users.users u on u.id = o.user_id
cross join lateral (
  select coalesce(o.shipping_address, jsonb_build_object(
    'street', o.street_address, 'city', o.city, 'zipCode', o.postal_code, 'country', o.country)) as address
) home
-- Records, written anew as JSON, are compact and whole; the text of jsonb is neither.
cross join lateral jsonb_to_record(home.address)
  as shipping (street text, city text, state text, "zipCode" text, country text)
cross join lateral jsonb_to_record(coalesce(o.billing_address, home.address))
  as billing (street text, city text, state text, "zipCode" text, country text)
cross join lateral (
  select row_to_json(fields)::text as document
  from (
    select o.id::text as id, o.order_reference as order_number, u.email_address as user_email, o.customer_email,
      o.customer_name, o.status, o.payment_status, o.total_price as subtotal, o.tax, o.shipping_cost, o.discount,
      o.total_amount as total,
      case when not shipping is null then row_to_json(shipping) end as shipping_address,
      case when not billing is null then row_to_json(billing) end as billing_address,
      o.payment_method, o.tracking_number, o.shipping_carrier as carrier, o.customer_notes,
      array(
        select l from (
          select l.id::text as id, l.product_id::text as product_id, l.product_name, l.product_sku,
            l.image_url as product_image, l.price as unit_price, l.price, l.quantity,
            coalesce(l.price * l.quantity, 0) as subtotal, l.product_attributes
          from orders.order_items l
          where l.order_id = o.id
          order by l.add_to_cart_order, l.product_id
        ) l
      ) as items,
      o.created_at, o.updated_at, o.confirmed_at, o.shipped_at, o.delivered_at
  ) fields
  -- Built once, though shown in parts.
  offset 0
) written;
