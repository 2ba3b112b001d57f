-- A page of users, as the management API shows them, by internal id.
-- $1 limit bigint
-- $2 offset bigint
select version, id, user_id, email, full_name, created_at from users.managed_users order by id limit $1 offset $2
