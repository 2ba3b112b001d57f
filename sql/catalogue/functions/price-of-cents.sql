create or replace function products.price_of_cents(cents jsonb) returns numeric
language sql immutable as $$
  select (cents::text::numeric / 100)::numeric(10, 2)
$$;
