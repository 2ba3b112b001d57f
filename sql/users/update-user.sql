-- Changes a user's profile and reminder settings.
-- $1 user_id uuid
-- $2 changes jsonb: only the keys sent
-- $3 if_match text[]: null for any version
select * from users.update_user($1, $2, $3)
