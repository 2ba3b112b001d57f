-- Turns a caller's items [{product_id, quantity, add_to_cart_order?, reordered?}] into a basket of order lines at
-- today's price, with snapshots of name, SKU and image. A product twice counts once, quantities summed, at its first
-- position. Refuses with
-- PRODUCTS_NOT_FOUND, naming them. Sorted by product, the order in which stock is locked.
create or replace function orders.basket_of(items jsonb) returns orders.basket
language plpgsql stable as $$
declare
  basket orders.basket;
  unknown jsonb;
begin
  select
    array_agg(row(nextval('orders.order_items_id_seq'), w.product_id, w.quantity, w.add_to_cart_order, w.reordered,
      c.price, c.product_name, c.sku, c.image_url, c.description,
      c.department_name, c.aisle_name, c.is_tracked, 0)::orders.line order by w.product_id),
    sum(w.quantity), coalesce(sum(c.price * w.quantity), 0), array_agg(w.product_id) filter (where c.price is null),
      bool_or(c.is_tracked),
    jsonb_agg(w.product_id order by w.product_id) filter (where c.product_name is null)
  into basket.lines, basket.quantity, basket.price, basket.unpriced, basket.is_tracked, unknown
  from (
    select i.product_id,
      sum(coalesce(i.quantity, 1))::integer as quantity,
      coalesce((array_agg(i.add_to_cart_order order by i.place))[1], min(i.place))::integer as add_to_cart_order,
      max(coalesce(i.reordered, 0))::smallint as reordered
    from rows from (
      jsonb_to_recordset(items) as (product_id integer, quantity integer, add_to_cart_order integer, reordered smallint)
    ) with ordinality as i (product_id, quantity, add_to_cart_order, reordered, place)
    group by i.product_id
  ) w
  -- One index look-up per line: left to itself the planner, who cannot know how few lines there are, may read the
  -- catalogue.
  left join lateral (
    select p.product_name, p.sku, e.price, e.image_url, e.description, d.department_name, a.aisle_name,
      s.product_id is not null as is_tracked
    from products.products p
    left join products.product_enriched e on e.product_id = p.product_id
    left join products.departments d on d.department_id = p.department_id
    left join products.aisles a on a.aisle_id = p.aisle_id
    left join products.inventory s on s.product_id = p.product_id
    where p.product_id = w.product_id
    offset 0
  ) c on true;
  if unknown is not null then
    perform gateway.refuse('PRODUCTS_NOT_FOUND', jsonb_build_object('products', unknown));
  end if;
  return basket;
end
$$;
