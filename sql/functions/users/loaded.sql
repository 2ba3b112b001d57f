-- Whether an account was loaded: a loaded user's public id is a uuid5 of the id in the file, every other's is random (version 4).
create or replace function users.is_loaded(u users.users) returns boolean
language sql immutable as $$
  select get_byte(uuid_send(u.external_user_id), 6) >> 4 = 5
$$;

-- Remembers who was erased, whoever deletes the row.
create or replace function users.remember_erased() returns trigger
language plpgsql as $$
begin
  insert into users.erased_ids (id) values (old.id) on conflict do nothing;
  return null;
end
$$;

create or replace trigger users_remember_erased after delete on users.users
for each row execute function users.remember_erased();

-- Remembers that the address or password is the person's own by now. A login that renews the hash counts as well.
create or replace function users.note_changed_credentials() returns trigger
language plpgsql as $$
begin
  new.credentials_changed_at := clock_timestamp();
  return new;
end
$$;

create or replace trigger users_note_changed_credentials before update of email_address, hashed_password on users.users
for each row when (
  (old.email_address, old.hashed_password) is distinct from (new.email_address, new.hashed_password)
  and current_setting('db_service.loading', true) is distinct from 'on')
execute function users.note_changed_credentials();
