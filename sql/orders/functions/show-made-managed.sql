-- An order that has just been made, as orders.management_documents shows it: written from what is in hand.
create or replace function orders.show_made_managed(o orders.orders, buyer users.users,
  lines orders.line[]) returns text
language plpgsql as $$
begin
  return (
    select row_to_json(fields)::text
    from (
      select o.id as order_id, o.user_id,
        coalesce(nullif(o.customer_name, ''), nullif(concat_ws(' ', buyer.first_name, nullif(buyer.last_name, '')),
          '')) as user_name,
        o.status, o.created_at, o.updated_at,
        array(
          select i from (
            select l.id, l.product_id, l.product_name, l.quantity, (l.price * 100)::bigint as price_cents_at_purchase
            from unnest(lines) l
            order by l.add_to_cart_order, l.product_id
          ) i
        ) as items,
        (o.total_price * 100)::bigint as total_amount_cents, o.total_quantity
    ) fields
  );
end
$$;
