-- A user's orders outlive the user, without the person: whoever deletes the row, through the gateway or not. The row is
-- locked by now, so whatever was writing the user's orders has ended, and nothing new can begin. Cart, reminders,
-- emails and the answers kept for Idempotency-Keys go by their foreign keys.
-- What the shop must keep for its books stays: items, sums, dates, statuses, carrier, payment method, and the invoice
-- as a document.
create or replace function users.erase_person() returns trigger
language plpgsql as $$
declare
  own constant bigint[] := array(select id from orders.orders where user_id = old.id);
  known record;
  named text[];
begin
  select * into known from users.names_of(old);
  named := array(
    select changed_by from (
      select changed_by from orders.order_status_history where order_id = any (own)
      union select changed_by from products.stock_movements where order_id = any (own)
    ) h
    where changed_by = any (known.callers) or lower(changed_by) = any (known.names)
      or users.address_key(changed_by) = any (known.addresses));

  -- Remarks are free text about the order of this person. Nobody can tell which of them name the person.
  update orders.order_status_history set
    changed_by = case when changed_by = any (named) then 'customer' else changed_by end,
    note = case when note = 'Order created' then note end
  where order_id = any (own) and (changed_by = any (named) or note <> 'Order created');

  update products.stock_movements set changed_by = 'customer'
  where order_id = any (own) and changed_by = any (named);

  -- Events still go out, without the address. Those of orders that were deleted before are found by it alone, which
  -- others may have, too: theirs are orders that are there. Published ones hold none.
  update orders.outbox set payload = jsonb_set(payload, '{user_email}', 'null')
  where published_at is null and (
    order_id = any (own)
    or (users.address_key(payload ->> 'user_email') = any (known.addresses)
      and not exists (select from orders.orders o where o.id = outbox.order_id)));

  -- Refusals belong to no order; the key is named after its caller.
  delete from gateway.idempotency_keys where caller = any (known.callers);

  -- A parcel's number leads to the address it went to.
  update orders.orders set
    user_id = null, customer_name = null, customer_email = null, delivery_name = null, phone_number = null,
    street_address = null, city = null, postal_code = null, country = null, shipping_address = null,
    billing_address = null, customer_notes = null, internal_notes = null, tracking_number = null, tracking_url = null
  where id = any (own);
  return old;
end
$$;
