-- What was found of each law that was looked at: how much is broken (at least: a month holds some of the last days),
-- and examples; when the last days were looked at, and since when every month has been.
select invariant,
  greatest(max(broken) filter (where month = 'infinity'), sum(broken) filter (where month <> 'infinity'))::bigint
    as broken,
  max(checked_at) as checked_at, min(checked_at) as complete_since,
  max(took_ms) filter (where month = 'infinity') as took_ms,
  (
    select coalesce(jsonb_agg(distinct example), '[]')
    from gateway.invariant_checks own, jsonb_array_elements(own.examples) example
    where own.invariant = c.invariant
  ) as examples
from gateway.invariant_checks c
group by invariant
order by invariant
