-- Makes the /query role, or brings it up to date.
-- $1 password text
select gateway.open_query_role($1) as role
