-- Records a login, and returns the user as it was shown.
-- $1 user_id uuid
-- $2 hashed_password text: the hash the password was checked against; no row if it has changed since
-- $3 new_hash text: a hash with today's parameters, or null to keep the one there is
select (l.shown).*, l.role, l.password_changed_us, l.has_active_cart from users.log_in($1, $2, $3) l
