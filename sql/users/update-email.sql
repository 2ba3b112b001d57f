-- Sets a new email address; no row if the hash the password was checked against is not the user's any more.
-- $1 user_id uuid
-- $2 hashed_password text
-- $3 email_address text
with known as (
  select id, external_user_id, email_address from users.users
  where external_user_id = $1 and hashed_password = $2
  for no key update
), written as (
  update users.users u set email_address = $3
  from known
  where u.id = known.id and known.email_address <> $3
  returning u.id
)
select external_user_id as user_id, $3 as email_address from known
