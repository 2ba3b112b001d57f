-- What a login needs to check a password.
-- $1 email_address text: in any case
select external_user_id as user_id, hashed_password from users.users where lower(email_address) = lower($1)
