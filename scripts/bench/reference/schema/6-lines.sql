create or replace function bench_reference.price_lines(items jsonb) returns setof bench_reference.line
language plpgsql stable as $$
declare
  unknown jsonb;
begin
  select jsonb_agg(distinct i.product_id order by i.product_id) into unknown
  from jsonb_to_recordset(items) as i (product_id integer)
  where not exists (select from products.products p where p.product_id = i.product_id);
  if unknown is not null then
    perform bench_reference.refuse('PRODUCTS_NOT_FOUND', jsonb_build_object('products', unknown));
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

create or replace function bench_reference.refuse_unpriced(lines bench_reference.line[], sell_unpriced boolean) returns void
language plpgsql as $$
declare
  unpriced jsonb;
begin
  if sell_unpriced is not false then
    return;
  end if;
  select jsonb_agg(l.product_id order by l.product_id) into unpriced from unnest(lines) l where l.price is null;
  if unpriced is not null then
    perform bench_reference.refuse('PRODUCT_NOT_PRICED', jsonb_build_object('products', unpriced));
  end if;
end
$$;

create or replace function bench_reference.take_stock(lines bench_reference.line[]) returns bench_reference.line[]
language plpgsql as $$
declare
  short jsonb;
  tracked integer[];
begin
  select array_agg(i.product_id) into tracked
  from (
    select s.product_id from products.inventory s
    where s.product_id = any (array(select product_id from unnest(lines)))
    order by s.product_id
    for no key update
  ) i;
  if tracked is null then
    return lines;
  end if;

  select jsonb_agg(jsonb_build_object(
    'product_id', l.product_id, 'product_name', l.product_name, 'wanted', l.quantity, 'available', s.stock)
    order by l.product_id)
  into short
  from unnest(lines) l
  join products.inventory s using (product_id)
  where s.stock < l.quantity and s.product_id = any (tracked);
  if short is not null then
    perform bench_reference.refuse('INSUFFICIENT_STOCK', jsonb_build_object('items', short));
  end if;

  update products.inventory s set stock = s.stock - l.quantity, updated_at = now()
  from unnest(lines) l
  where s.product_id = l.product_id and s.product_id = any (tracked);

  for n in 1 .. cardinality(lines) loop
    if lines[n].product_id = any (tracked) then
      lines[n].stock_taken := lines[n].quantity;
    end if;
  end loop;
  return lines;
end
$$;
