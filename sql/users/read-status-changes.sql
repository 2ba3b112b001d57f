-- The latest status change of each of a user's orders since this was read last; moves the mark.
-- $1 user_id uuid
select users.read_status_changes($1) as document
