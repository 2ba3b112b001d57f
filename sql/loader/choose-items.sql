-- Of the valid order items, the last row for each key, at the catalogue's price.
create temp table chosen_items on commit drop as
select latest.file, latest.order_id, latest.product_id, latest.quantity, latest.add_to_cart_order, latest.reordered,
  e.price, i.order_id is not null as known
from (
  select distinct on (s.order_id::bigint, s.product_id::integer) s.file, s.order_id::bigint as order_id,
    s.product_id::integer as product_id, s.quantity::integer as quantity,
    s.add_to_cart_order::integer as add_to_cart_order, s.reordered::smallint as reordered
  from staged_items s
  where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
  order by s.order_id::bigint, s.product_id::integer, s.file desc, s.line desc
) latest
left join products.product_enriched e on e.product_id = latest.product_id
left join orders.order_items i on i.order_id = latest.order_id and i.product_id = latest.product_id
