-- The hash that a user's password is checked against.
-- $1 user_id uuid
select external_user_id as user_id, hashed_password from users.users where external_user_id = $1
