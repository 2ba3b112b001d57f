-- Creates a user.
-- $1 user jsonb: the columns sent; what is missing takes its default
-- $2 hashed_password text
-- $3 origin text: service or storefront
select * from users.create_user($1, $2, $3)
