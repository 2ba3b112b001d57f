-- A page of users, as the management API shows them, by internal id.
-- $1 limit bigint
-- $2 offset bigint
select * from users.managed_users order by id limit $1 offset $2
