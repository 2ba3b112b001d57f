-- Adds older orders to the sums kept per product and month; says until when all are in them.
-- $1 most bigint: about so many at once
-- $2 latest timestamptz: none that was made at this time or later
select orders.settle_orders($1, $2) as settled_until
