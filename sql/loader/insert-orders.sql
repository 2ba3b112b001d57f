-- The orders that are new, each written once: with its user's name and address, the totals of its items, and the latest
-- status of its history.
insert into orders.orders (
  id, user_id, order_number, eval_set, order_dow, order_hour_of_day, days_since_prior_order, status,
  total_items, total_quantity, total_price, customer_name, customer_email, delivery_name, phone_number, street_address,
  city, postal_code, country, tracking_number, shipping_carrier, tracking_url, created_at, updated_at,
  confirmed_at, shipped_at, delivered_at, placed_here)
select c.id, c.user_id, c.order_number, c.eval_set, c.order_dow, c.order_hour_of_day, c.days_since_prior_order,
  coalesce(changes.status, 'pending'),
  coalesce(items.total_items, 0), coalesce(items.total_quantity, 0), coalesce(items.total_price, 0),
  concat_ws(' ', u.first_name, u.last_name), u.email_address, concat_ws(' ', u.first_name, u.last_name),
  u.phone_number, u.street_address, u.city, u.postal_code, u.country,
  c.tracking_number, c.shipping_carrier, c.tracking_url, c.created_at, coalesce(changes.changed_at, c.created_at),
  changes.confirmed_at, changes.shipped_at, changes.delivered_at, false
from chosen_orders c
join users.users u on u.id = c.user_id
left join (
  select order_id, count(*) as total_items, sum(coalesce(quantity, 1)) as total_quantity,
    sum(price * coalesce(quantity, 1)) as total_price
  from chosen_items
  group by order_id
) items on items.order_id = c.id
left join (
  select order_id, (array_agg(status order by place desc))[1] as status, max(changed_at) as changed_at,
    min(changed_at) filter (where status = 'confirmed') as confirmed_at,
    min(changed_at) filter (where status = 'shipped') as shipped_at,
    min(changed_at) filter (where status = 'delivered') as delivered_at
  from chosen_history
  group by order_id
) changes on changes.order_id = c.id
where not c.known
