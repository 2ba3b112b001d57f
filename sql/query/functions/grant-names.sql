-- Lets a role read the names of users, by column. Writes nothing where it may already.
create or replace function gateway.grant_names(role name) returns void
language plpgsql as $$
begin
  if not has_schema_privilege(role, 'users', 'usage') then
    execute format('grant usage on schema users to %I', role);
  end if;
  if exists (
    select from unnest(gateway.legacy_query_columns()) c
    where not has_column_privilege(role, 'users.users', c, 'select')) then
    execute format(
      'grant select (%s) on users.users to %I', array_to_string(gateway.legacy_query_columns(), ', '), role);
  end if;
end
$$;
