-- A page of the users whose name or email address contains a text, by internal id.
-- $1 pattern text: for ilike
-- $2 limit bigint
-- $3 offset bigint
select m.version, m.id, m.user_id, m.email, m.full_name, m.created_at
from users.managed_users m
join users.users u using (id)
where u.first_name || ' ' || u.last_name || ' ' || u.email_address ilike $1
order by m.id
limit $2 offset $3
