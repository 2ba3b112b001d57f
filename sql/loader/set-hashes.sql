-- Hashed passwords.
-- $1 ids bigint[] · $2 hashes text[]
update chosen_users c set hashed_password = h.hash
from unnest($1::bigint[], $2::text[]) as h (id, hash)
where c.id = h.id
