-- What is in a cart, as orders.basket_of.
create or replace function orders.basket_of_cart(cart bigint) returns orders.basket
language plpgsql stable as $$
declare
  basket orders.basket;
begin
  select
    array_agg(row(nextval('orders.order_items_id_seq'), i.product_id, i.quantity, i.add_to_cart_order, i.reordered,
      e.price, p.product_name, p.sku,
      e.image_url, e.description, d.department_name, a.aisle_name, s.product_id is not null,
        0)::orders.line order by i.product_id),
    sum(i.quantity), coalesce(sum(e.price * i.quantity), 0), array_agg(i.product_id) filter (where e.price is null),
      bool_or(s.product_id is not null)
  into basket.lines, basket.quantity, basket.price, basket.unpriced, basket.is_tracked
  from orders.cart_items i
  join products.products p on p.product_id = i.product_id
  left join products.product_enriched e on e.product_id = i.product_id
  left join products.departments d on d.department_id = p.department_id
  left join products.aisles a on a.aisle_id = p.aisle_id
  left join products.inventory s on s.product_id = i.product_id
  where i.cart_id = cart;
  return basket;
end
$$;
