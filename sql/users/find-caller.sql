-- The user a caller stands for: by a user_id of ours (`is_own`), else by an id of another user service, else (not `is_linked` as yet) by
-- the email address of a user of ours whom no such id stands for.
-- $1 user_id uuid: null where the id is no UUID
-- $2 upstream_user_id text
-- $3 email text: null where only the id counts
select external_user_id as user_id, role, email_address, external_user_id is not distinct from $1 as is_own,
  external_user_id is not distinct from $1 or upstream_user_id is not distinct from $2 as is_linked
from users.users
where external_user_id = $1 or upstream_user_id = $2 or (lower(email_address) = lower($3) and upstream_user_id is null)
order by is_own desc, is_linked desc
limit 1
