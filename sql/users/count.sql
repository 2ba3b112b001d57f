-- The number of all users, kept ready.
select coalesce(sum(users), 0)::bigint as total from users.user_counts
