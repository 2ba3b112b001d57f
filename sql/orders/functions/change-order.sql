-- PATCH of an order: status, tracking fields, note; from the storefront also payment_status and internal_notes. Returns
-- the order's details; what is the same already is not written.
-- Refuses with ORDER_NOT_FOUND, PRECONDITION_FAILED, INVALID_STATUS_TRANSITION (by trigger). A note without a status is
-- a remark: it stands in the history under the status the order has.
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
    shipping_carrier = case when changes ? 'shipping_carrier' then changes ->> 'shipping_carrier'
      else shipping_carrier end,
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
