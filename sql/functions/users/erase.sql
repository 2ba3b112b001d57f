-- A user's orders outlive the user, without the person: whoever deletes the row, through the gateway or not. The answers kept
-- for Idempotency-Keys show the person too, and go.
create or replace function users.erase_person() returns trigger
language plpgsql as $$
begin
  delete from gateway.idempotency_keys where order_id in (select id from orders.orders where user_id = old.id);
  update orders.orders set
    user_id = null, customer_name = null, customer_email = null, delivery_name = null, phone_number = null,
    street_address = null, city = null, postal_code = null, country = null, shipping_address = null,
    billing_address = null, customer_notes = null
  where user_id = old.id;
  return old;
end
$$;

create or replace trigger users_erase_person before delete on users.users
for each row execute function users.erase_person();
