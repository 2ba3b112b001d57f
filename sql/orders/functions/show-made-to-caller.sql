-- An order that has just been made, as orders.storefront_documents and orders.show_order show it to the caller: written
-- from what is in hand.
--
create or replace function orders.show_made_to_caller(
  o orders.orders, buyer users.users, lines orders.line[], caller jsonb
) returns text
language plpgsql as $$
declare
  document text;
begin
  select row_to_json(fields)::text into document
  from (
    select coalesce(o.shipping_address, jsonb_build_object(
      'street', o.street_address, 'city', o.city, 'zipCode', o.postal_code, 'country', o.country)) as address
  ) home
  cross join lateral jsonb_to_record(home.address)
    as shipping (street text, city text, state text, "zipCode" text, country text)
  cross join lateral jsonb_to_record(coalesce(o.billing_address, home.address))
    as billing (street text, city text, state text, "zipCode" text, country text)
  cross join lateral (
    select o.id::text as id, o.order_reference as order_number, buyer.email_address as user_email, o.customer_email,
      o.customer_name, o.status, o.payment_status, o.total_price as subtotal, o.tax, o.shipping_cost, o.discount,
      o.total_amount as total,
      case when not shipping is null then row_to_json(shipping) end as shipping_address,
      case when not billing is null then row_to_json(billing) end as billing_address,
      o.payment_method, o.tracking_number, o.shipping_carrier as carrier, o.customer_notes,
      array(
        select i from (
          select l.id::text as id, l.product_id::text as product_id, l.product_name, l.product_sku,
            l.image_url as product_image, l.price as unit_price, l.price, l.quantity,
            coalesce(l.price * l.quantity, 0) as subtotal, null::jsonb as product_attributes
          from unnest(lines) l
          order by l.add_to_cart_order, l.product_id
        ) i
      ) as items,
      o.created_at, o.updated_at, o.confirmed_at, o.shipped_at, o.delivered_at
  ) fields;
  -- The caller may be known only since now.
  return orders.show_order(
    row(o.id, o.version, buyer.external_user_id, coalesce(buyer.upstream_user_id, buyer.external_user_id::text),
      o.internal_notes,
      document)::orders.storefront_documents,
    caller || jsonb_build_object('localId', buyer.external_user_id));
end
$$;
