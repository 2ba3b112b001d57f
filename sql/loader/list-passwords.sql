-- The next users whose password has yet to be hashed.
-- $1 after bigint: an id · $2 size integer
select id::text as id, password from chosen_users where password is not null and id > $1 order by id limit $2
