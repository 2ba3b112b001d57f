-- A relay's hold on an event while it publishes it. A relay that dies lets go by itself when the time has passed.
alter table orders.outbox add column claimed_until timestamptz;

-- When a gateway with a broker was seen last. Without one in the last seven days events are not recorded: nobody would
-- ever publish them, and they would pile up.
create table gateway.event_publishers (
  queue text constraint event_publishers_pkey primary key,
  last_seen timestamptz not null
);
