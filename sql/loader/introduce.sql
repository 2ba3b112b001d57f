-- Who imports, and for which request: the movements of stocks say it.
-- $1 context jsonb: actor, request_id
select gateway.introduce($1)
