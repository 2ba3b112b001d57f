-- Makes a new administrator; a taken email address is stopped by users_email_address_key.
-- $1 email_address text
-- $2 hashed_password text
insert into users.users (email_address, first_name, last_name, hashed_password, role, origin)
values ($1, split_part($1, '@', 1), 'Admin', $2, 'admin', 'operator')
returning external_user_id as user_id
