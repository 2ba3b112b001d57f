-- Takes a login that somebody else made for /query, and lets it read the catalogue.
-- $1 role name
select gateway.adopt_query_role($1)
