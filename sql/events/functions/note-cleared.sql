-- Whoever clears events: a cursor that has not come past them is told so, and their deliveries go with them.
create or replace function orders.note_cleared() returns trigger
language plpgsql as $$
begin
  update orders.event_feed f set cleared_to = (select max(c.sequence) from cleared c)
  where f.cleared_to < (select max(c.sequence) from cleared c);
  delete from gateway.webhook_deliveries d where d.event_id = any (array(select c.id from cleared c));
  return null;
end
$$;
