-- What a connection of the /query lane must not be able to do.
select hashed_password from users.users limit 0
