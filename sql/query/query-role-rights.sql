-- What a /query role may do beyond reading the catalogue.
-- $1 role name
select what, tolerable from gateway.query_role_rights($1)
