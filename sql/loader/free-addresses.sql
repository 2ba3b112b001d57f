-- Takes an email address from a user who gets another one in this load, where somebody else gets it: the unique index
-- is checked row by row, so two users could not exchange their addresses otherwise.
update users.users u set email_address = 'loading ' || u.id
from chosen_users c
where c.id = u.id and not c.has_address
  and exists (
    select from chosen_users taker
    where users.address_key(taker.email_address) = users.address_key(u.email_address))
