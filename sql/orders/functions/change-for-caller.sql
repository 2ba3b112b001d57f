-- Changes an order on behalf of a caller, and returns it as the caller sees it. Refuses as orders.change_order, and
-- with
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
    if (select gateway.tag_of(orders.show_order(d, caller)) from orders.storefront_documents d
      where d.order_id = changed_id) = any (if_match) then
      if_match := null;
    end if;
  end if;
  perform orders.change_order(changed_id, changes, if_match, context);
  select d.order_id, d.version, orders.show_order(d, caller) into order_id, version, document
  from orders.storefront_documents d where d.order_id = changed_id;
end
$$;
