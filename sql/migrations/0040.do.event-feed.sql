-- The place of an event in the feed (GET /events), given after the commit that recorded it: null until then.
alter table orders.outbox add column sequence bigint;

-- sql/events/list-feed.sql: a page of the feed.
create unique index outbox_sequence_idx on orders.outbox (sequence) where sequence is not null;
comment on index orders.outbox_sequence_idx is 'sql/events/list-feed.sql: a page of the feed.';
-- By both columns, so that no other index has the order that is asked for.
create index outbox_unnumbered_idx on orders.outbox (sequence, id) where sequence is null;
comment on index orders.outbox_unnumbered_idx is
  'sql/events/functions/number-events.sql: events that have no place in the feed yet.';

create table orders.event_feed (
  is_only boolean not null default true
    constraint event_feed_pkey primary key
    constraint event_feed_is_only_check check (is_only),
  feed_id uuid not null default gen_random_uuid(),
  last_sequence bigint not null default 0,
  cleared_to bigint not null default 0
);
comment on table orders.event_feed is
  'One row: how far the feed of events goes, and how far back. A cursor names `feed_id`, so that one of another '
  'database is recognised.';
insert into orders.event_feed default values;
