-- The rejects of a file, in its order.
-- $1 file smallint
-- $2 most bigint: the first ones; null: all
select line::float8 as line, reason from loader_rejects where file = $1 order by line limit $2
