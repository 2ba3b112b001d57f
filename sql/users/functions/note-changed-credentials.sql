-- Remembers that the address or password is the person's own by now. A login that renews the hash counts as well.
create or replace function users.note_changed_credentials() returns trigger
language plpgsql as $$
begin
  new.credentials_changed_at := clock_timestamp();
  return new;
end
$$;
