-- Remembers when a password was changed, whoever changes it: tokens of before are not valid any more
-- (plugins/identity.ts). A new hash of the same password, made while logging in (users/log-in.sql), is no change.
create or replace function users.note_password_change() returns trigger
language plpgsql as $$
begin
  if current_setting('db_service.rehashing', true) is distinct from 'on' then
    new.password_changed_at := clock_timestamp();
  end if;
  return new;
end
$$;
