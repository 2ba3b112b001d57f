-- One user, as the management API shows one.
-- $1 user_key text: an internal id or a UUID
select version, id, user_id, email, full_name, created_at from users.managed_users where id = users.id_of($1)
