-- The order as this caller {userId, localId, role} sees it: user_id is the id the caller came with, internal notes are for
-- admins. Null where it is another's.
-- One expression without a query of its own: so the planner takes it into the statement around it.
create or replace function orders.show_order(shown orders.storefront_documents, caller jsonb) returns text
language sql stable as $$
  -- The order of an erased person has no owner: it is nobody's, also not of a caller who is unknown here.
  select case when caller ->> 'role' = 'admin' or shown.owner_id = (caller ->> 'localId')::uuid then
    left(shown.document, -1) || ',"user_id":' || coalesce(to_json(
      case when shown.owner_id = (caller ->> 'localId')::uuid then caller ->> 'userId' else shown.owner_name end)::text, 'null')
      || case when caller ->> 'role' = 'admin' then
        ',"internal_notes":' || coalesce(to_json(shown.internal_notes)::text, 'null') else '' end
      || '}'
  end
$$;

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

-- Changes an order on behalf of a caller, and returns it as the caller sees it. Refuses as orders.change_order, and with
-- FORBIDDEN where it is another's and the caller no admin.
create or replace function orders.change_for_caller(
  changed_id bigint, changes jsonb, if_match text[], caller jsonb, context jsonb,
  out order_id bigint, out version bigint, out document text
) language plpgsql as $$
begin
  select orders.show_order(d, caller) into document from orders.storefront_documents d where d.order_id = changed_id;
  if not found then
    perform gateway.refuse('ORDER_NOT_FOUND');
  elsif document is null then
    perform gateway.refuse('FORBIDDEN');
  end if;
  if if_match is not null then
    perform from users.users where id = (select user_id from orders.orders where id = changed_id) for share;
    perform orders.lock_order(changed_id, null);
    -- The tag of what this caller gets; orders.change_order compares those of the other faces.
    if (select gateway.tag_of(orders.show_order(d, caller)) from orders.storefront_documents d where d.order_id = changed_id) = any (if_match) then
      if_match := null;
    end if;
  end if;
  perform orders.change_order(changed_id, changes, if_match, context);
  select d.order_id, d.version, orders.show_order(d, caller) into order_id, version, document
  from orders.storefront_documents d where d.order_id = changed_id;
end
$$;
