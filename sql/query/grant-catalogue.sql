-- Lets a /query role that somebody else made read the catalogue.
-- $1 role name
select gateway.grant_catalogue($1)
