-- One row for each reminder given: a user gets exactly one per due time, whatever runs twice or the clock does.
create table users.reminders (
  user_id bigint not null constraint reminders_user_id_fkey references users.users on delete cascade,
  due_at timestamptz not null,
  sent_at timestamptz not null default now(),
  constraint reminders_pkey primary key (user_id, due_at)
);
create index reminders_due_at_idx on users.reminders (due_at);

-- Emails: queue, ledger and dead letters in one. A row is written in the statement of what it tells of, a reminder or an entry of
-- an order's history, and of each there is one. Neither address nor text stand here: both are made when the email is sent.
create table gateway.emails (
  id bigint generated always as identity constraint emails_pkey primary key,
  -- The Message-ID, the same at every try, so that a repeat is recognisable.
  message_id uuid not null default gen_random_uuid() constraint emails_message_id_key unique,
  user_id bigint not null constraint emails_user_id_fkey references users.users on delete cascade,
  due_at timestamptz,
  history_id bigint constraint emails_history_id_key unique
    constraint emails_history_id_fkey references orders.order_status_history on delete cascade,
  queued_at timestamptz not null default now(),
  -- Also the hold of a gateway that is sending it: one that dies lets go by itself when this has passed.
  next_attempt_at timestamptz not null default now(),
  -- Nobody wants last week's reminder: what could not be sent until then is a dead letter.
  expires_at timestamptz not null default now() + interval '3 days',
  attempts integer not null default 0,
  last_error text,
  -- Waits because the mail server could not be reached, and not because of something of its own.
  server_away boolean not null default false,
  accepted_at timestamptz,
  failed_at timestamptz,
  constraint emails_user_id_due_at_key unique (user_id, due_at),
  constraint emails_reminder_fkey foreign key (user_id, due_at) references users.reminders on delete cascade,
  constraint emails_subject_check check (num_nonnulls(due_at, history_id) = 1)
);
create index emails_waiting_idx on gateway.emails (next_attempt_at) where accepted_at is null and failed_at is null;
create index emails_accepted_idx on gateway.emails (accepted_at) where accepted_at is not null;
create index emails_failed_idx on gateway.emails (failed_at, id) where failed_at is not null;
