-- A cart as the service API shows it, at today's prices: its items and their prices are read once. The one place that
-- knows this shape.
create or replace view orders.cart_documents as
select c.user_id, c.cart_id, c.version, (
  select row_to_json(fields)::text
  from (
    select c.cart_id::text as cart_id, u.external_user_id as user_id, read.items, read.total_items, read.total_quantity,
      read.total_price, read.changes,
      c.created_at, c.updated_at
    from (
      select coalesce(to_json(array_agg(i order by i.add_to_cart_order, i.product_id)), '[]') as items,
        count(*) as total_items, coalesce(sum(i.quantity), 0) as total_quantity,
        coalesce(sum(i.price * i.quantity), 0) as total_price,
        coalesce(to_json(array_agg(changed order by i.add_to_cart_order, i.product_id) filter (
          where s.added_price <> e.price or (s.added_price is not null and e.price is null))), '[]') as changes
      from orders.cart_items s
      join products.products p on p.product_id = s.product_id
      left join products.product_enriched e on e.product_id = s.product_id
      left join products.departments d on d.department_id = p.department_id
      left join products.aisles a on a.aisle_id = p.aisle_id
      cross join lateral (
        select s.product_id, s.quantity, s.add_to_cart_order, s.reordered, p.product_name, a.aisle_name,
          d.department_name, e.description, e.price, e.image_url
      ) i
      cross join lateral (select s.product_id, s.added_price as old_price, e.price as new_price) changed
      where s.cart_id = c.cart_id
    ) read
  ) fields
) as document
from orders.carts c
join users.users u on u.id = c.user_id;
