-- Records a login. Returns the user as it was shown: a pending reminder counts as delivered by this answer. No row
-- where the hash that the password was checked against (`checked_hash`) has changed since. `new_hash`: one with today's
-- parameters, or null to keep the one there is; the password stays the same (users.note_password_change).
create or replace function users.log_in(
  user_id uuid, checked_hash text, new_hash text,
  out shown users.public_users, out role text, out password_changed_us bigint, out has_active_cart boolean
) returns setof record rows 1
language plpgsql as $$
declare
  known users.users;
begin
  select * into known from users.users u
  where u.external_user_id = log_in.user_id and u.hashed_password = checked_hash
  for no key update;
  if not found then
    return;
  end if;
  perform set_config('db_service.rehashing', 'on', true);
  update users.users u set
    last_login = now(),
    hashed_password = coalesce(new_hash, u.hashed_password),
    pending_order_notification = false
  where u.id = known.id;

  select * into shown from users.public_users u where u.id = known.id;
  shown.pending_order_notification := known.pending_order_notification;
  role := known.role;
  password_changed_us := (extract(epoch from known.password_changed_at) * 1000000)::bigint;
  has_active_cart := exists (
    select from orders.carts c join orders.cart_items i using (cart_id) where c.user_id = known.id);
  return next;
end
$$;
