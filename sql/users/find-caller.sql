-- The user a caller's id stands for: a user_id of ours (`is_own`) before an id of another user service.
-- $1 user_id uuid: null where the id is no UUID
-- $2 upstream_user_id text
select external_user_id as user_id, role, email_address, external_user_id is not distinct from $1 as is_own
from users.users
where external_user_id = $1 or upstream_user_id = $2
order by is_own desc
limit 1
