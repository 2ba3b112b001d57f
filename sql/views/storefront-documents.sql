-- An order as the storefront shows it, but for what depends on who looks (orders.show_order). An order of another face has no
-- shipping address of its own: it is the one it is delivered to. The one place that knows this shape.
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
