-- The order as this caller {userId, localId, role} sees it: user_id is the id the caller came with, internal notes are
-- for admins. Null where it is another's.
-- One expression without a query of its own: so the planner takes it into the statement around it.
create or replace function orders.show_order(shown orders.storefront_documents, caller jsonb) returns text
language sql stable as $$
  -- The order of an erased person has no owner: it is nobody's, also not of a caller who is unknown here.
  select case when caller ->> 'role' = 'admin' or shown.owner_id = (caller ->> 'localId')::uuid then
    left(shown.document, -1) || ',"user_id":' || coalesce(to_json(
      case when shown.owner_id = (caller ->> 'localId')::uuid then caller ->> 'userId' else shown.owner_name end)::text,
        'null')
      || case when caller ->> 'role' = 'admin' then
        ',"internal_notes":' || coalesce(to_json(shown.internal_notes)::text, 'null') else '' end
      || '}'
  end
$$;
