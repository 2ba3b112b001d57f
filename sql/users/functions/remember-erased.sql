-- Remembers who was erased, whoever deletes the row.
create or replace function users.remember_erased() returns trigger
language plpgsql as $$
begin
  insert into users.erased_ids (id) values (old.id) on conflict do nothing;
  return null;
end
$$;
