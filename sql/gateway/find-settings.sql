-- What holds on this connection of the settings that the gateway sends when it connects, and for whom.
-- $1 names text[]
select name, current_setting(name) as value, current_user::text as role, current_database()::text as database
from unnest($1::text[]) name
