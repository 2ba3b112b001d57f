-- The tables whose columns had other names in the older services' schema, with both names: for readers that set
-- search_path = legacy, products, orders, users. What has its old name still is found behind them in the tables' own
-- schemas. A reader needs the rights to the tables themselves: a view of the owner's would hand them out
-- (security_invoker).
create or replace view legacy.departments with (security_invoker = true) as
select department_id, department_name, department_name as department, description, image_url
from products.departments;

create or replace view legacy.aisles with (security_invoker = true) as
select aisle_id, aisle_name, aisle_name as aisle
from products.aisles;

create or replace view legacy.carts with (security_invoker = true) as
select c.cart_id as id, c.cart_id, c.user_id, c.created_at, c.updated_at,
  (select count(*)::integer from orders.cart_items i where i.cart_id = c.cart_id) as total_items
from orders.carts c;

-- The invoice is read only where it is selected.
create or replace view legacy.orders with (security_invoker = true) as
select o.id, o.id as order_id, o.user_id, o.eval_set, o.order_number, o.order_dow, o.order_hour_of_day,
  o.days_since_prior_order, o.total_items, o.total_quantity, o.total_price, o.status, o.delivery_name, o.phone_number,
  o.street_address, o.city, o.postal_code, o.country, o.tracking_number, o.shipping_carrier, o.tracking_url,
  (select i.document from orders.invoices i where i.order_id = o.id) as invoice, o.created_at, o.updated_at
from orders.orders o;

-- The first entry of an order comes from no status.
create or replace view legacy.order_status_history with (security_invoker = true) as
select h.history_id, h.order_id, h.status, h.status as new_status,
  (
    select earlier.status from orders.order_status_history earlier
    where earlier.order_id = h.order_id and (earlier.changed_at, earlier.history_id) < (h.changed_at, h.history_id)
    order by earlier.changed_at desc, earlier.history_id desc limit 1
  ) as old_status,
  h.changed_at, h.changed_by, h.note
from orders.order_status_history h;
