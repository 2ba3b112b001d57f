-- The orders that are there already, as the file has them now, with their user's name and address.
update orders.orders o set
  user_id = c.user_id, order_number = c.order_number, eval_set = c.eval_set, order_dow = c.order_dow,
  order_hour_of_day = c.order_hour_of_day, days_since_prior_order = c.days_since_prior_order,
  tracking_number = c.tracking_number, shipping_carrier = c.shipping_carrier, tracking_url = c.tracking_url,
  created_at = c.created_at, customer_name = concat_ws(' ', u.first_name, u.last_name),
  customer_email = u.email_address, delivery_name = concat_ws(' ', u.first_name, u.last_name),
  phone_number = u.phone_number, street_address = u.street_address, city = u.city, postal_code = u.postal_code,
  country = u.country
from chosen_orders c
join users.users u on u.id = c.user_id
where c.known and o.id = c.id
  and (o.user_id, o.order_number, o.eval_set, o.order_dow, o.order_hour_of_day, o.days_since_prior_order,
    o.tracking_number, o.shipping_carrier, o.tracking_url, o.created_at, o.delivery_name, o.customer_email,
    o.phone_number, o.street_address, o.city, o.postal_code, o.country)
  is distinct from (c.user_id, c.order_number, c.eval_set, c.order_dow, c.order_hour_of_day, c.days_since_prior_order,
    c.tracking_number, c.shipping_carrier, c.tracking_url, c.created_at, concat_ws(' ', u.first_name, u.last_name),
    u.email_address, u.phone_number, u.street_address, u.city, u.postal_code, u.country)
