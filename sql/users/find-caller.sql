-- The user a caller stands for: by a user_id of ours (`is_own`), else by an id of another user service, else (not
-- `is_linked` as yet) by the email address of an account that such a caller may be (users.ensure_caller).
-- `is_followed`: its address is what the caller says.
-- $1 user_id uuid: null where the id is no UUID
-- $2 upstream_user_id text
-- $3 email text: null where only the id counts
select external_user_id as user_id, role, email_address, external_user_id is not distinct from $1 as is_own,
  external_user_id is not distinct from $1 or upstream_user_id is not distinct from $2 as is_linked,
  origin is not distinct from 'upstream' as is_followed,
  (extract(epoch from password_changed_at) * 1000000)::bigint as password_changed_us
from users.users
where external_user_id = $1 or upstream_user_id = $2 or id = users.joinable_account($3)
order by is_own desc, is_linked desc
limit 1
