-- The tag of what a caller gets, for whatever shows more than its own row (today's prices, names of the catalogue): the
-- same as tagDocument in routes/faces/responses.ts.
create or replace function gateway.tag_of(document text) returns text
language sql immutable strict parallel safe as $$
  select left(encode(sha256(convert_to(document, 'UTF8')), 'hex'), 32)
$$;
