-- Of the valid users, the last row for each key. A hash counts if it is argon2id, with its parameters in any order; the
-- password is kept where there is none. Who has changed address or password here keeps both; a row without a password
-- leaves the one there is. `claim` is the place of the row with which the user first took this email address.
create temp table chosen_users on commit drop as
select distinct on (s.user_id::bigint) s.file, s.line, s.user_id::bigint as id,
  s.external_user_id::uuid as external_user_id, s.first_name, s.last_name, own.email_address, own.hashed_password,
  case when own.hashed_password is null then s.password end as password,
  s.phone_number, s.street_address, s.city, s.postal_code, s.country,
  s.last_login::timestamptz as last_login, s.last_notifications_viewed_at::timestamptz as last_notifications_viewed_at,
  u.id is not null as known,
  coalesce(users.address_key(u.email_address) = users.address_key(own.email_address), false) as has_address,
  min(array[s.file, s.line]) over (partition by s.user_id::bigint, users.address_key(own.email_address)) as claim
from staged_users s
left join users.users u on u.id = s.user_id::bigint
cross join lateral (
  select case when s.hashed_password ~
    '^\$argon2id\$v=19\$([mtp]=[1-9]\d{0,5},?){3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$'
  then s.hashed_password end as hashed_password
) hash
cross join lateral (
  select case when u.credentials_changed_at is null then s.email_address else u.email_address end as email_address,
    case
      when u.credentials_changed_at is not null then u.hashed_password
      when hash.hashed_password is null and s.password is null then u.hashed_password
      else hash.hashed_password
    end as hashed_password
) own
where not exists (select from loader_rejects r where r.file = s.file and r.line = s.line)
order by s.user_id::bigint, s.file desc, s.line desc
