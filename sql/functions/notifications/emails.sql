-- Who does not want emails any more gets none that still wait.
create or replace function users.withdraw_emails() returns trigger
language plpgsql as $$
begin
  delete from gateway.emails where user_id = new.id and accepted_at is null;
  return null;
end
$$;

create or replace trigger users_withdraw_emails after update of order_notifications_via_email on users.users
for each row when (old.order_notifications_via_email and not new.order_notifications_via_email)
execute function users.withdraw_emails();
