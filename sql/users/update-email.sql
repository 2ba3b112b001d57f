-- Sets a new email address; no row if the hash the password was checked against is not the user's any more.
-- $1 user_id uuid
-- $2 hashed_password text
-- $3 email_address text
update users.users set email_address = $3
where external_user_id = $1 and hashed_password = $2
returning external_user_id as user_id, email_address
