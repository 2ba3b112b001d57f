-- Runs a caller's statement as a sub-select, so that it can only be one that reads, and renders its rows as JSON.
-- `{statement}` is the caller's text, which was parsed by itself before; `{n+…}` are parameters behind the caller's
-- own: rows and bytes at most, and whether columns share a name (then the last one counts, as with every driver). A row
-- past the bytes is null, and never leaves the database.
select case when total <= {n+2}::bigint then row end as row
from (
  select row, sum(octet_length(row)) over (rows unbounded preceding) as total
  from (
    select case when {n+3}::boolean then to_jsonb(q)::text else row_to_json(q)::text end as row
    from (
{statement}
    ) q
    limit {n+1}::bigint + 1
  ) rendered
) measured
