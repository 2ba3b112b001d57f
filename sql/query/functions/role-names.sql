-- Roles belong to the server, databases are many: each has /query roles of its own, named after it.
create or replace function gateway.role_of_database(prefix text) returns name
language sql stable as $$
  select (prefix || case
    -- An identifier holds 63 bytes.
    when octet_length(prefix || current_database()) <= 63 then current_database()
    else md5(current_database())
  end)::name
$$;

create or replace function gateway.query_role_prefix() returns text
language sql immutable as $$
  select 'db_service_query_'
$$;

create or replace function gateway.query_role() returns name
language sql stable as $$
  select gateway.role_of_database(gateway.query_role_prefix())
$$;

-- Who runs /legacy/query. Not the other's prefix and a word: that would be the role of a database whose name begins
-- with the word.
create or replace function gateway.legacy_query_role() returns name
language sql stable as $$
  select gateway.role_of_database('db_service_legacy_query_')
$$;

-- What it may read of users.users beside the catalogue.
create or replace function gateway.legacy_query_columns() returns name[]
language sql immutable as $$
  select array['id', 'external_user_id', 'first_name', 'last_name']::name[]
$$;
