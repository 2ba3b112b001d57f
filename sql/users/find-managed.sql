-- One user, as the management API shows one.
-- $1 user_key text: an internal id or a UUID
select * from users.managed_users where id = users.id_of($1)
