-- POST /api/orders: makes an order for the caller, who gets a user row where there is none. `input`: caller, items, addresses,
-- notes, payment method, rates. Refuses as users.ensure_caller and orders.create_order.
create or replace function orders.place_for_caller(input jsonb) returns bigint
language plpgsql as $$
declare
  home constant jsonb := input -> 'shipping_address';
begin
  return orders.create_order((users.ensure_caller(input -> 'caller')).id, input || case jsonb_typeof(home) when 'object' then
    jsonb_build_object('street_address', home -> 'street', 'city', home -> 'city', 'postal_code', home -> 'zipCode',
      'country', home -> 'country') else '{}' end);
end
$$;
