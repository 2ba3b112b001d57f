-- The order items that are new, with snapshots of the catalogue as it is now.
insert into orders.order_items (
  order_id, product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku, image_url, ordered_at)
select c.order_id, c.product_id, coalesce(c.quantity, 1), c.add_to_cart_order, coalesce(c.reordered, 0), c.price,
  p.product_name, p.sku, e.image_url, o.created_at
from chosen_items c
join orders.orders o on o.id = c.order_id
join products.products p on p.product_id = c.product_id
left join products.product_enriched e on e.product_id = c.product_id
where not c.known
order by c.order_id, c.product_id
