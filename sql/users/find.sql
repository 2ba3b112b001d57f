-- One user.
-- $1 user_id uuid
select * from users.public_users where user_id = $1
