-- An order's totals are its lines': how many there are, their quantities, their prices, and tax and shipping by the
-- order's own rates.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: of orders made from here
-- $3 before timestamptz: to before here
select 'order ' || o.id as about,
  concat_ws(', ', o.total_items || ' lines', o.total_quantity || ' items', o.total_price, o.tax,
    o.shipping_cost) as kept,
  concat_ws(', ', i.lines || ' lines', i.quantity || ' items', i.price, charged.tax, charged.shipping) as found,
  count(*) over () as broken
from orders.orders o
cross join lateral (
  select count(*) as lines, coalesce(sum(quantity), 0) as quantity, coalesce(sum(price * quantity), 0) as price
  from orders.order_items where order_id = o.id
) i
cross join lateral (
  select coalesce(round(i.price * o.tax_rate, 2), o.tax) as tax,
    case when o.tax_rate is null then o.shipping_cost when i.price < o.free_shipping_from then o.shipping_rate
      else 0 end as shipping
) charged
where o.created_at >= $2 and o.created_at < $3
  and (o.total_items <> i.lines or o.total_quantity <> i.quantity or o.total_price <> i.price
    or o.tax <> charged.tax or o.shipping_cost <> charged.shipping)
order by o.id
limit $1
