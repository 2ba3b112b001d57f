-- An order that has just been made, as orders.order_documents shows its details: written from what is in hand, which
-- saves 200 µs of reading.
-- Its history is what orders.record_inserted wrote last.
create or replace function orders.show_made(o orders.orders, buyer users.users, lines orders.line[]) returns text
language plpgsql as $$
begin
  return (
    select row_to_json(fields)::text
    from (
      select o.id::text as order_id, buyer.external_user_id as user_id, o.order_number, o.order_dow,
        o.order_hour_of_day,
        o.days_since_prior_order, o.total_items, o.total_quantity, o.total_price, o.status, o.delivery_name,
          o.phone_number,
        o.street_address, o.city, o.postal_code, o.country, o.tracking_number, o.shipping_carrier,
        case when o.tracking_url ~* '^https?://' then o.tracking_url end as tracking_url, null as invoice,
        o.created_at, o.updated_at,
        array(
          select l from (
            select l.product_id, l.product_name, l.quantity, l.add_to_cart_order, l.reordered, l.price, l.description,
              l.image_url, l.department_name, l.aisle_name
            from unnest(lines) l
            order by l.add_to_cart_order, l.product_id
          ) l
        ) as items,
        array(
          select h from (
            select currval('orders.order_status_history_history_id_seq') as history_id, o.id::text as order_id,
              o.status,
              o.created_at as changed_at,
              case when o.request_id is null then session_user else nullif(current_setting('db_service.actor', true),
                '') end as changed_by,
              'Order created' as note
          ) h
        ) as status_history
    ) fields
  );
end
$$;
