-- Changes what a caller may change of a user; only the keys of `changes` count, null empties a field. Refuses with
-- USER_NOT_FOUND, PRECONDITION_FAILED. What is the same already is not written.
create or replace function users.update_user(user_id uuid, changes jsonb, if_match text[]) returns users.public_users
language plpgsql as $$
declare
  before users.users;
  changed users.users;
  answer users.public_users;
begin
  select * into before from users.users where external_user_id = update_user.user_id for no key update;
  if before.id is null then
    perform gateway.refuse('USER_NOT_FOUND');
  end if;
  perform gateway.check_version(if_match, before.external_user_id::text, before.version);

  changed := jsonb_populate_record(before, changes);
  update users.users set
    first_name = changed.first_name,
    last_name = changed.last_name,
    phone_number = changed.phone_number,
    street_address = changed.street_address,
    city = changed.city,
    postal_code = changed.postal_code,
    country = changed.country,
    days_between_order_notifications = changed.days_between_order_notifications,
    order_notifications_start_date_time = changed.order_notifications_start_date_time,
    order_notifications_via_email = changed.order_notifications_via_email
  where id = before.id and before is distinct from changed;
  perform gateway.tell_changed(found);

  select * into answer from users.public_users u where u.id = before.id;
  return answer;
end
$$;
