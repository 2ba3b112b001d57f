-- Refuses with PRECONDITION_FAILED unless one of the caller's If-Match tags fits. `if_match` null: last write wins;
-- an entry '*': any version will do. A tag is '<id>-<version>'. Returns true, so that it can stand in a where clause.
create or replace function gateway.check_version(if_match text[], id text, version bigint) returns boolean
language plpgsql immutable as $$
begin
  if if_match is not null and not if_match && array['*', id || '-' || version] then
    perform gateway.refuse('PRECONDITION_FAILED');
  end if;
  return true;
end
$$;
