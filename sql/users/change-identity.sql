-- Changes a user's email address or name.
-- $1 user_key text: an internal id or a UUID
-- $2 changes jsonb: any of email, full_name
-- $3 if_match text[]: null for any version
select * from users.change_identity($1, $2, $3)
