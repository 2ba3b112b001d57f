-- PATCH of an order: status, tracking fields, note; from the storefront also payment_status and internal_notes. Returns the order's details; what is the same already is not written.
-- Refuses with ORDER_NOT_FOUND, PRECONDITION_FAILED, INVALID_STATUS_TRANSITION (by trigger). A note without a status is a
-- remark: it stands in the history under the status the order has.
create or replace function orders.change_order(changed_id bigint, changes jsonb, if_match text[], context jsonb)
returns orders.order_documents
language plpgsql as $$
declare
  current orders.orders;
  changed orders.order_documents;
  is_remark constant boolean := coalesce(changes ->> 'note', '') <> '' and not changes ? 'status';
begin
  perform gateway.introduce(context, changes ->> 'note');
  -- The user before the order (CONTRIBUTING: order of locks); the status trigger would ask for it after.
  perform from users.users where id = (select user_id from orders.orders where id = changed_id) for share;
  current := orders.lock_order(changed_id, if_match);

  update orders.orders set
    status = coalesce(changes ->> 'status', status),
    tracking_number = case when changes ? 'tracking_number' then changes ->> 'tracking_number' else tracking_number end,
    shipping_carrier = case when changes ? 'shipping_carrier' then changes ->> 'shipping_carrier' else shipping_carrier end,
    tracking_url = case when changes ? 'tracking_url' then changes ->> 'tracking_url' else tracking_url end,
    payment_status = coalesce(changes ->> 'payment_status', payment_status),
    internal_notes = case when changes ? 'internal_notes' then changes ->> 'internal_notes' else internal_notes end
  where id = changed_id and (
    -- A remark changes the order as callers see it, so its version moves too.
    is_remark
    or status <> changes ->> 'status'
    or (changes ? 'tracking_number' and tracking_number is distinct from changes ->> 'tracking_number')
    or (changes ? 'shipping_carrier' and shipping_carrier is distinct from changes ->> 'shipping_carrier')
    or (changes ? 'tracking_url' and tracking_url is distinct from changes ->> 'tracking_url')
    or payment_status <> changes ->> 'payment_status'
    or (changes ? 'internal_notes' and internal_notes is distinct from changes ->> 'internal_notes'));
  perform gateway.tell_changed(found);

  if is_remark then
    insert into orders.order_status_history (order_id, status, changed_by, note, request_id)
    values (changed_id, current.status, context ->> 'actor', changes ->> 'note', context ->> 'request_id');
  end if;

  select * into changed from orders.order_documents where order_id = changed_id;
  return changed;
end
$$;

-- The order, locked until the end of the transaction. If-Match may name the tag of either face that shows it. Refuses with ORDER_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.lock_order(locked_id bigint, if_match text[]) returns orders.orders
language plpgsql as $$
declare
  current orders.orders;
begin
  select * into current from orders.orders where id = locked_id for no key update;
  if current.id is null then
    perform gateway.refuse('ORDER_NOT_FOUND');
  end if;
  if if_match is not null then
    perform gateway.check_document(if_match, array(
      select details from orders.order_documents where order_id = locked_id
      union all select document from orders.management_documents where order_id = locked_id
    ), current.id::text, current.version);
  end if;
  return current;
end
$$;

-- Refuses with ORDER_NOT_FOUND, PRECONDITION_FAILED.
create or replace function orders.delete_order(deleted_id bigint, if_match text[]) returns boolean
language plpgsql as $$
begin
  perform orders.lock_order(deleted_id, if_match);
  delete from orders.orders where id = deleted_id;
  return true;
end
$$;

-- As orders.change_order, and returns the order's row.
create or replace function orders.change_status(changed_id bigint, changes jsonb, if_match text[], context jsonb) returns orders.orders
language plpgsql as $$
declare
  changed orders.orders;
begin
  perform orders.change_order(changed_id, changes, if_match, context);
  select * into changed from orders.orders where id = changed_id;
  return changed;
end
$$;
