-- What a login needs to check a password.
-- $1 email_address text: as users.address_key compares
select external_user_id as user_id, hashed_password from users.users
where users.address_key(email_address) = users.address_key($1) and hashed_password is not null
