-- Chosen users with an email address that another one has: a loaded one, or where both can log in any account. Whoever
-- has it in the database keeps it, then the first to come. Callers of another service may have any address.
insert into loader_rejects (file, line, reason)
select file, line, 'another user has this email address: ' || email_address
from (
  select c.file, c.line, c.email_address,
    row_number() over (partition by users.address_key(c.email_address) order by c.has_address desc, c.claim) > 1
    or exists (
      select from users.users u
      where users.address_key(u.email_address) = users.address_key(c.email_address) and u.origin = 'loaded'
        and not exists (select from chosen_users changed where changed.id = u.id))
    or num_nonnulls(c.hashed_password, c.password) > 0 and exists (
      select from users.users u
      where users.address_key(u.email_address) = users.address_key(c.email_address) and u.hashed_password is not null
        and not exists (select from chosen_users changed where changed.id = u.id)) as is_taken
  from chosen_users c
) checked
where is_taken
