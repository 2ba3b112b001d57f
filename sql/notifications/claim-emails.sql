-- Takes hold of emails to send, with what they are made of: usual_products for a reminder, order for a status change.
-- $1 limit bigint
-- $2 hold_seconds double precision: after which others may take them
with claimed as (
  update gateway.emails set next_attempt_at = now() + $2 * interval '1 second', attempts = attempts + 1,
    -- Too late to be sent (expire-emails.sql): looked for and passed by, such a one would be passed again and again.
    failed_at = case when expires_at <= now() then now() end,
    last_error = case when expires_at <= now() then coalesce(last_error, 'not sent in time') else last_error end
  where id = any (array(
    select id from gateway.emails
    where accepted_at is null and failed_at is null and next_attempt_at <= now()
    order by next_attempt_at
    limit $1
    for no key update skip locked))
  returning id, message_id, user_id, history_id, failed_at, traceparent
)
select c.id, c.message_id, c.traceparent, u.external_user_id as user_id, u.first_name, u.last_name, u.email_address,
  case when c.history_id is null then (
    select json_build_object('names', coalesce(json_agg(usual.product_name), '[]'))
    from (
      select i.product_name
      from orders.orders o
      join orders.order_items i on i.order_id = o.id
      where o.user_id = c.user_id
      group by i.product_id, i.product_name
      order by count(*) desc, max(o.created_at) desc, i.product_id
      limit 5
    ) usual
  ) end as usual_products,
  (
    select json_build_object(
      'order_id', o.id, 'status', h.status, 'tax', o.tax, 'shipping', o.shipping_cost, 'discount', o.discount,
      'total', o.total_amount, 'tracking_number', o.tracking_number, 'shipping_carrier', o.shipping_carrier,
      'tracking_url', o.tracking_url,
      'items', (
        select json_agg(json_build_object('product_name', i.product_name, 'quantity', i.quantity, 'price', i.price)
          order by i.add_to_cart_order, i.product_id)
        from orders.order_items i where i.order_id = o.id
      ))
    from orders.order_status_history h
    join orders.orders o on o.id = h.order_id
    where h.history_id = c.history_id
  ) as "order"
from claimed c
-- One look-up each: a join planned for very many would read all users.
cross join lateral (select * from users.users where id = c.user_id offset 0) u
where c.failed_at is null
