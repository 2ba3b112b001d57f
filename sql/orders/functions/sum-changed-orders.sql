-- A change of the order moves it in the sums of all its products.
create or replace function orders.sum_changed_orders() returns trigger
language plpgsql as $$
declare
  earliest timestamptz;
  latest timestamptz;
  settled timestamptz;
  closing timestamptz;
begin
  select s.until, s.closing, c.earliest, c.latest into settled, closing, earliest, latest
  from orders.settled_orders s, (
    select min(created_at) as earliest, max(created_at) as latest
    from (select created_at from added union all select created_at from removed) changed
  ) c;
  if earliest < greatest(settled, closing) or current_setting('transaction_isolation') <> 'read committed' then
    settled := orders.settled_before(earliest, latest);
  end if;
  if earliest is null or earliest >= settled then
    return null;
  end if;
  perform orders.add_to_product_totals(array(
    select row(i.product_id, moved.day, moved.status, sum(moved.n), sum(moved.quantity),
      sum(moved.price))::orders.product_day_totals
    from added
    join removed using (id)
    cross join lateral (values
      (1, added.created_at, added.status, (added.created_at at time zone 'UTC')::date, added.total_quantity,
        added.total_price),
      (-1, removed.created_at, removed.status, (removed.created_at at time zone 'UTC')::date, -removed.total_quantity,
        -removed.total_price)
    ) as moved (n, made_at, status, day, quantity, price)
    join orders.order_items i on i.order_id = added.id
    where moved.made_at < settled
      and (added.status, added.created_at, added.total_quantity, added.total_price)
      is distinct from (removed.status, removed.created_at, removed.total_quantity, removed.total_price)
    group by i.product_id, moved.day, moved.status
    having sum(moved.n) <> 0 or sum(moved.quantity) <> 0 or sum(moved.price) <> 0));
  return null;
end
$$;
