-- Says that a gateway with a broker is there, so that events are recorded.
-- $1 queue text
insert into gateway.event_publishers (queue, last_seen) values ($1, now())
on conflict (queue) do update set last_seen = excluded.last_seen
where event_publishers.last_seen < excluded.last_seen
returning queue
