-- Logins of the /query lane that the gateway did not make (QUERY_DATABASE_URL). What is taken from PUBLIC is given to every other
-- role (sql/functions/gateway/public-rights.sql), and must not be to these.
create table gateway.query_roles (
  role name constraint query_roles_pkey primary key
);
