-- A user's orders outlive the user, without the person: whoever deletes the row, through the gateway or not. The row is locked by
-- now, so whatever was writing the user's orders has ended, and nothing new can begin. Cart, reminders, emails and the answers kept for
-- Idempotency-Keys go by their foreign keys.
-- What the shop must keep for its books stays: items, sums, dates, statuses, carrier, payment method, and the invoice as a document.
create or replace function users.erase_person() returns trigger
language plpgsql as $$
declare
  own constant bigint[] := array(select id from orders.orders where user_id = old.id);
  callers constant text[] := array[
    'user:' || old.external_user_id, 'upstream:' || old.upstream_user_id,
    'admin-user:' || old.external_user_id, 'admin-user:' || old.upstream_user_id];
  -- What a history entry may call the person, now or when ordering; everybody else who changed the order is staff, and stays.
  names constant text[] := array[
    old.external_user_id::text, lower(old.email_address), lower(trim(old.first_name || ' ' || old.last_name))]
    || array(select distinct lower(name) from orders.orders, unnest(array[customer_email, customer_name]) name where user_id = old.id);
begin
  -- Remarks are free text about the order of this person. Nobody can tell which of them name the person.
  update orders.order_status_history set
    changed_by = case when lower(changed_by) = any (names) or changed_by = any (callers) then 'customer' else changed_by end,
    note = case when note = 'Order created' then note end
  where order_id = any (own)
    and (lower(changed_by) = any (names) or changed_by = any (callers) or note <> 'Order created');

  -- Events still go out, without the address. Those of orders that were deleted before are found by it alone; published ones hold none.
  update orders.outbox set payload = jsonb_set(payload, '{user_email}', 'null')
  where published_at is null and (order_id = any (own) or lower(payload ->> 'user_email') = any (names));

  -- Refusals belong to no order; the key is named after its caller.
  delete from gateway.idempotency_keys where caller = any (callers);

  -- A parcel's number leads to the address it went to.
  update orders.orders set
    user_id = null, customer_name = null, customer_email = null, delivery_name = null, phone_number = null,
    street_address = null, city = null, postal_code = null, country = null, shipping_address = null,
    billing_address = null, customer_notes = null, internal_notes = null, tracking_number = null, tracking_url = null
  where id = any (own);
  return old;
end
$$;

create or replace trigger users_erase_person before delete on users.users
for each row execute function users.erase_person();
