-- How many users' name or email address contains a text.
-- $1 pattern text: for ilike
select count(*) as total from users.public_users
where first_name || ' ' || last_name || ' ' || email_address ilike $1
