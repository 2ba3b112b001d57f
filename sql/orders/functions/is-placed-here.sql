-- Whether the gateway made an order, which no load may touch. Of one from before the column: every request that places
-- an order has an id, a load has none.
create or replace function orders.is_placed_here(o orders.orders) returns boolean
language sql immutable as $$
  select coalesce(o.placed_here, o.request_id is not null)
$$;
