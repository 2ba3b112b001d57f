-- Chosen users with an email address that another one has. Whoever has it in the database keeps it, then the first to come.
insert into loader_rejects (file, line, reason)
select file, line, 'another user has this email address: ' || email_address
from (
  select c.file, c.line, c.email_address,
    row_number() over (partition by lower(c.email_address) order by c.has_address desc, c.claim) > 1
    or exists (
      select from users.users u
      where lower(u.email_address) = lower(c.email_address)
        and not exists (select from chosen_users changed where changed.id = u.id)) as is_taken
  from chosen_users c
) checked
where is_taken
