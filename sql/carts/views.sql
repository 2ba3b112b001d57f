-- A cart as the service API shows it, at today's prices: its items and their prices are read once. The one place that
-- knows this shape.
create or replace view orders.cart_documents as
select c.user_id, c.cart_id, c.version, (
  select row_to_json(fields)::text
  from (
    select c.cart_id::text as cart_id, u.external_user_id as user_id, read.items, read.total_items, read.total_quantity,
      read.total_price,
      c.created_at, c.updated_at
    from (
      select coalesce(to_json(array_agg(i order by i.add_to_cart_order, i.product_id)), '[]') as items,
        count(*) as total_items,
        coalesce(sum(i.quantity), 0) as total_quantity, coalesce(sum(i.price * i.quantity), 0) as total_price
      from (
        select i.product_id, i.quantity, i.add_to_cart_order, i.reordered, p.product_name, a.aisle_name,
          d.department_name,
          e.description, e.price, e.image_url
        from orders.cart_items i
        join products.products p on p.product_id = i.product_id
        left join products.product_enriched e on e.product_id = i.product_id
        left join products.departments d on d.department_id = p.department_id
        left join products.aisles a on a.aisle_id = p.aisle_id
        where i.cart_id = c.cart_id
      ) i
    ) read
  ) fields
) as document
from orders.carts c
join users.users u on u.id = c.user_id;
