-- Moves `version` (the ETag) and `updated_at` of a changed row. The clock, not now(): a writer that waited for another
-- one must not step back behind it.
create or replace function gateway.touch() returns trigger
language plpgsql as $$
begin
  new.version := old.version + 1;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
