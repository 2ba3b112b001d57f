-- Refuses with PRECONDITION_FAILED unless one of the caller's If-Match tags is that of one of the documents that show
-- the resource, under whose lock this is called. `if_match` null: last write wins; an entry '*': any will do.
-- '<id>-<version>' is what the release before gives out.
create or replace function gateway.check_document(if_match text[], documents text[], id text, version bigint)
returns void
language plpgsql immutable as $$
begin
  if if_match && array['*', id || '-' || version] then
    return;
  end if;
  if if_match is not null and not if_match && array(select gateway.tag_of(d) from unnest(documents) d) then
    perform gateway.refuse('PRECONDITION_FAILED');
  end if;
end
$$;
