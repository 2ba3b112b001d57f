-- The ticks of a queue that failed for good.
-- $1 queue text
-- $2 id text: null for all
select id from pgboss.job where name = $1 and state = 'failed' and ($2::text is null or id::text = $2)
