-- An event as the feed and webhooks show it. The address is not kept with an event that the broker has, or need not
-- have: it is the customer's of today, and none once the person was erased or the order deleted.
create or replace function orders.event_document(event orders.outbox) returns text
language sql stable as $$
  select row_to_json(fields)::text
  from (
    select event.message_id as id, event.sequence, event.event_type, event.order_id,
      coalesce(event.payload ->> 'user_email', (
        select coalesce(o.customer_email, (select u.email_address from users.users u where u.id = o.user_id))
        from orders.orders o where o.id = event.order_id)) as user_email,
      event.payload -> 'total' as total, coalesce(event.payload -> 'items', '[]') as items,
      event.payload -> 'status' as status, event.payload -> 'occurred_at' as occurred_at
  ) fields
$$;
