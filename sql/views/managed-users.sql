-- A user as the management API shows one.
create or replace view users.managed_users as
select u.id, u.version, u.external_user_id as user_id, u.email_address as email,
  concat_ws(' ', u.first_name, nullif(u.last_name, '')) as full_name, u.created_at
from users.users u;
