-- Sets a new password; no row if the old hash is not the user's any more.
-- $1 user_id uuid
-- $2 old_hash text
-- $3 new_hash text
update users.users set hashed_password = $3
where external_user_id = $1 and hashed_password = $2
returning external_user_id as user_id
