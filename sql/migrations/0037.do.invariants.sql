-- What was found when the shop's laws (sql/operations/invariants) were last looked at: of the last days (`month` is
-- infinity), and of the orders of each month.
create table gateway.invariant_checks (
  invariant text not null,
  month date not null,
  broken bigint not null,
  examples jsonb not null,
  took_ms integer not null,
  checked_at timestamptz not null default now(),
  constraint invariant_checks_pkey primary key (invariant, month)
);
comment on table gateway.invariant_checks is
  'What was found when each of the shop''s laws was last looked at: of the last days (month: infinity), and of each '
  'month''s orders.';
