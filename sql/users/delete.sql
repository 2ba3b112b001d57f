-- Deletes a user and, by trigger, the person in the user's orders; no row if the hash is not the user's any more.
-- $1 user_id uuid
-- $2 hashed_password text
-- $3 if_match text[]: null for any version
delete from users.users
where external_user_id = $1 and hashed_password = $2
  and gateway.check_version($3, external_user_id::text, version)
returning external_user_id as user_id
