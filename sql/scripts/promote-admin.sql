-- Makes the user with this email address an administrator; no row where there is none.
-- $1 email_address text: in any case
update users.users set role = 'admin' where lower(email_address) = lower($1) returning external_user_id as user_id
