-- Keeps orders.product_totals exact: what changes of a settled order changes the sums, in the same transaction. Rows
-- are touched in the order of their keys, so that two writers wait instead of deadlocking.
-- An item brings its whole order to the sums of its product, or takes it away. How often a product was ordered counts
-- new orders, too: they leave a row (orders.popularity_changes).
create or replace function orders.sum_changed_items() returns trigger
language plpgsql as $$
declare
  sign constant integer := case tg_op when 'INSERT' then 1 else -1 end;
  earliest timestamptz;
  latest timestamptz;
  settled timestamptz;
  closing timestamptz;
  products integer[];
begin
  -- In one look, since every order that is placed pays for it: newer orders than those about to be settled need no
  -- more.
  select s.until, s.closing, c.earliest, c.latest, c.products into settled, closing, earliest, latest, products
  from orders.settled_orders s, (
    select min(ordered_at) as earliest, max(ordered_at) as latest, array_agg(product_id) as products from changed
  ) c;
  if earliest is null then
    return null;
  end if;
  insert into orders.popularity_changes (change, products) values (sign, products);
  if earliest < greatest(settled, closing) or current_setting('transaction_isolation') <> 'read committed' then
    settled := orders.settled_before(earliest, latest);
  end if;
  if earliest >= settled then
    return null;
  end if;
  perform orders.add_to_product_totals(array(
    select row(i.product_id, (o.created_at at time zone 'UTC')::date, o.status,
      sign * count(*), sign * sum(o.total_quantity), sign * sum(o.total_price))::orders.product_day_totals
    from changed i
    join orders.orders o on o.id = i.order_id
    where o.created_at < settled
    group by i.product_id, (o.created_at at time zone 'UTC')::date, o.status));
  return null;
end
$$;
