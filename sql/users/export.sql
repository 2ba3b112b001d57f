-- Everything stored about a person, as one JSON document; no row without such a user. Left out are credentials,
-- internal ids and versions, what only repeats the orders for a while (waiting events, responses of Idempotency-Keys),
-- and what is about staff: their internal notes, and who of them changed an order. Whole rows, so that a column made
-- later is in here by itself.
-- $1 user_id uuid
select json_build_object(
  'exported_at', now(),
  'user', to_jsonb(u) - 'hashed_password' - 'id' - 'external_user_id' - 'version' - 'last_order_number'
    || jsonb_build_object('user_id', u.external_user_id, 'has_password', u.hashed_password is not null),
  'cart', (select document::json from orders.cart_documents c where c.user_id = u.id),
  'orders', coalesce((
    select json_agg(
      (to_jsonb(o) - 'id' - 'user_id' - 'version' - 'internal_notes' || d.document::jsonb || jsonb_build_object(
        'invoice_document', (
          select jsonb_build_object(
            'content_type', i.content_type, 'size', octet_length(i.document), 'created_at', i.created_at)
          from orders.invoices i where i.order_id = o.id),
        'status_history', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'history_id', h.history_id, 'status', h.status, 'changed_at', h.changed_at, 'note', h.note,
            'changed_by', case
              when h.changed_by = any (n.callers) or lower(h.changed_by) = any (n.names)
                or users.address_key(h.changed_by) = any (n.addresses) then 'customer'
              when h.changed_by is not null then 'shop'
            end) order by h.changed_at, h.history_id), '[]')
          from orders.order_status_history h where h.order_id = o.id)
      )) order by o.created_at, o.id)
    from orders.orders o
    join orders.order_documents d on d.order_id = o.id
    where o.user_id = u.id
  ), '[]'),
  'reminders', coalesce((
    select json_agg(json_build_object('due_at', r.due_at, 'sent_at', r.sent_at) order by r.due_at)
    from users.reminders r
    where r.user_id = u.id
  ), '[]'),
  'emails', coalesce((
    select json_agg(json_build_object(
      'about', case when e.history_id is null then 'reminder' else 'order ' || h.order_id || ': ' || h.status end,
      'queued_at', e.queued_at, 'accepted_at', e.accepted_at, 'failed_at', e.failed_at, 'reason', e.last_error)
        order by e.id)
    from gateway.emails e
    left join orders.order_status_history h using (history_id)
    where e.user_id = u.id
  ), '[]')
)::text as document
from users.users u
cross join lateral users.names_of(u) n
where u.external_user_id = $1
