-- Who does not want emails any more gets none that still wait.
create or replace function users.withdraw_emails() returns trigger
language plpgsql as $$
begin
  delete from gateway.emails where user_id = new.id and accepted_at is null;
  return null;
end
$$;
