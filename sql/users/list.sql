-- A page of users, by internal id: the longest-standing first.
-- $1 limit bigint
-- $2 offset bigint
select * from users.public_users order by id limit $1 offset $2
