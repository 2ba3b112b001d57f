-- Turns a caller's items [{product_id, quantity, add_to_cart_order?, reordered?}] into order lines at today's price, with
-- snapshots of name, SKU and image. A product twice counts once, quantities summed, at its first position. Refuses with
-- PRODUCTS_NOT_FOUND, naming them. Sorted by product, the order in which stock is locked.
create or replace function orders.price_lines(items jsonb) returns setof orders.order_items
language plpgsql stable as $$
declare
  unknown jsonb;
begin
  select jsonb_agg(distinct i.product_id order by i.product_id) into unknown
  from jsonb_to_recordset(items) as i (product_id integer)
  where not exists (select from products.products p where p.product_id = i.product_id);
  if unknown is not null then
    perform gateway.refuse('PRODUCTS_NOT_FOUND', jsonb_build_object('products', unknown));
  end if;

  return query
  select null::bigint, w.product_id, null::bigint, w.quantity, w.add_to_cart_order, w.reordered,
    c.price, c.product_name, c.sku, c.image_url, null::jsonb, 0, null::timestamptz
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
  -- One index look-up per line: left to itself the planner, who cannot know how few lines there are, may read the catalogue.
  cross join lateral (
    select p.product_name, p.sku, e.price, e.image_url
    from products.products p
    left join products.product_enriched e using (product_id)
    where p.product_id = w.product_id
    offset 0
  ) c
  order by w.product_id;
end
$$;
