-- An order as the management API shows it, in a statement that has just changed it: a view would be read as it was
-- before.
create or replace function orders.management_document(of_order bigint) returns text
language sql volatile as $$
  select document from orders.management_documents where order_id = of_order
$$;
