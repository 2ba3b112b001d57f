-- Kept for gateways of release 1.0 beside newer ones; it goes with the next release.
-- An update that finds everything as it should be writes nothing. Its function tells so here, and the statement that
-- called it asks has_changed() in its select list, which is evaluated once the function in its from clause has run.
create or replace function gateway.tell_changed(changed boolean) returns void
language plpgsql as $$
begin
  perform set_config('db_service.changed', changed::text, true);
end
$$;

create or replace function gateway.has_changed() returns boolean
language sql volatile as $$
  select coalesce(current_setting('db_service.changed', true), '') = 'true'
$$;
