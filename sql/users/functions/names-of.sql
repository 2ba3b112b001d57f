-- What a history entry may call a person, now or when ordering; everybody else who changed the order is staff.
-- `callers`: as Idempotency-Keys are kept for (request.caller); `names` in lower case, any case counts; `addresses` as
-- users.address_key compares.
create or replace function users.names_of(
  person users.users, out callers text[], out names text[], out addresses text[])
language sql stable as $$
  select
    array[
      'user:' || person.external_user_id, 'upstream:' || person.upstream_user_id,
      'admin-user:' || person.external_user_id, 'admin-user:' || person.upstream_user_id],
    array[person.external_user_id::text, lower(trim(person.first_name || ' ' || person.last_name))]
      || array(select distinct lower(customer_name) from orders.orders where user_id = person.id),
    array[users.address_key(person.email_address)]
      || array(select distinct users.address_key(customer_email) from orders.orders where user_id = person.id)
$$;
