-- What two email addresses are compared by: NFC, ASCII letters in lower case, nothing else folded, whatever the database's locale. One function
-- for the unique index and every look-up. An index depends on it: another rule takes another function and another index.
-- NFC alone makes a K of the KELVIN SIGN, which looks like one and is none: it is kept apart (as a noncharacter, which no address has).
create function users.address_key(address text) returns text
language sql immutable strict parallel safe
return lower(normalize(replace(address, U&'\212A', U&'\FFFE'), NFC) collate "C");

alter table users.users
  -- Where the account comes from: `loaded` (CSV), `service` (made by the backend), `storefront` (people registered themselves), `upstream`
  -- (another service's user, known by upstream_user_id), `operator` (npm run admin). Null: made before this was kept, or by an older
  -- gateway, so that nobody can tell: such an account is treated as one that people registered themselves.
  add column origin text constraint users_origin_check check (origin in ('loaded', 'service', 'storefront', 'upstream', 'operator')),
  -- Tokens of before are not valid any more; null: never changed since this is kept.
  add column password_changed_at timestamptz;

-- Only the loader gives an id that follows from the CSV's (version 5); only callers of another service have no password besides.
update users.users set origin = case when substr(external_user_id::text, 15, 1) = '5' then 'loaded' else 'upstream' end
where substr(external_user_id::text, 15, 1) = '5' or (hashed_password is null and upstream_user_id is not null);

-- Two accounts of one address by the new rule (the locale's lower() knew no NFC) were the same mailbox all along. Whoever used theirs last keeps
-- the password; the other one stays with everything in it, but cannot log in.
with rivals as (
  select id, row_number() over (partition by users.address_key(email_address) order by last_login desc nulls last, id) as place
  from users.users where hashed_password is not null
)
update users.users u set hashed_password = null from rivals r where r.id = u.id and r.place > 1;

-- Unique among the accounts that can log in: callers of another service may share an address with anybody.
drop index users.users_email_address_key;
create unique index users_email_address_key on users.users (users.address_key(email_address)) where hashed_password is not null;
-- Accounts that a caller of another service may turn out to be (users.ensure_caller).
create index users_joinable_address_idx on users.users (users.address_key(email_address)) where origin in ('loaded', 'service');
-- The release before looks addresses up by this; to be dropped with the next one.
create index users_lower_email_address_idx on users.users (lower(email_address));
