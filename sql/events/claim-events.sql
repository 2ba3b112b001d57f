-- Takes hold of events to publish: of each order only the oldest that waits; `walked_to` is where to go on, null at the
-- end.
-- $1 limit bigint
-- $2 look_at bigint: orders looked at, at most
-- $3 hold_seconds double precision: after which others may take them
-- $4 walked_to bigint: the order to go on behind
select events, walked_to from orders.claim_events($1, $2, $3 * interval '1 second', $4)
