-- Makes the account that logs in with this email address an administrator; no row where there is none.
-- $1 email_address text: as users.address_key compares
update users.users set role = 'admin'
where users.address_key(email_address) = users.address_key($1) and hashed_password is not null
returning external_user_id as user_id
