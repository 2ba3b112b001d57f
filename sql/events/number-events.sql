-- Gives events that have been committed their place in the feed; `last_sequence` is how far it goes now.
-- $1 limit bigint
select numbered, last_sequence from orders.number_events($1)
