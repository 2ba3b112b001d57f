-- A page of the feed behind a place in it, or from the oldest event that is kept; `events` is JSON text. In one
-- snapshot: what is behind `cleared_to` is all there.
-- $1 after bigint: null for the oldest
-- $2 limit bigint
select f.feed_id, f.last_sequence, f.cleared_to, page.events, page.reached
from orders.event_feed f
cross join lateral (
  select '[' || coalesce(string_agg(listed.document, ',' order by listed.sequence), '') || ']' as events,
    max(listed.sequence) as reached
  from (
    select o.sequence, orders.event_document(o) as document
    from orders.outbox o
    where o.sequence > coalesce($1, f.cleared_to)
    order by o.sequence
    limit $2
  ) listed
) page
