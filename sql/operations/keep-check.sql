-- Keeps what was found when a law was looked at.
-- $1 invariant text
-- $2 month text: its first day, infinity for the last days
-- $3 broken bigint
-- $4 examples jsonb
-- $5 took integer: milliseconds
insert into gateway.invariant_checks (invariant, month, broken, examples, took_ms) values ($1, $2::text::date, $3, $4,
  $5)
on conflict (invariant, month) do update set
  broken = excluded.broken, examples = excluded.examples, took_ms = excluded.took_ms, checked_at = excluded.checked_at
returning invariant
