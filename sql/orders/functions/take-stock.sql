-- Takes the lines' quantities from the inventory, all or nothing, and returns the lines with what each took (0 for a
-- product that is not tracked). Refuses with INSUFFICIENT_STOCK, naming product, wanted and available of each that
-- falls short.
-- Rows are locked in the order of their ids, so that two orders for the same products wait instead of deadlocking.
create or replace function orders.take_stock(lines orders.line[]) returns orders.line[]
language plpgsql as $$
declare
  short jsonb;
  tracked integer[];
begin
  select array_agg(i.product_id) into tracked
  from (
    select s.product_id from products.inventory s
    where s.product_id = any (array(select product_id from unnest(lines)))
    order by s.product_id
    for no key update
  ) i;
  if tracked is null then
    return lines;
  end if;

  select jsonb_agg(jsonb_build_object(
    'product_id', l.product_id, 'product_name', l.product_name, 'wanted', l.quantity, 'available', s.stock)
    order by l.product_id)
  into short
  from unnest(lines) l
  join products.inventory s using (product_id)
  where s.stock < l.quantity and s.product_id = any (tracked);
  if short is not null then
    perform gateway.refuse('INSUFFICIENT_STOCK', jsonb_build_object('items', short));
  end if;

  update products.inventory s set stock = s.stock - l.quantity, updated_at = now()
  from unnest(lines) l
  where s.product_id = l.product_id and s.product_id = any (tracked);

  for n in 1 .. cardinality(lines) loop
    if lines[n].product_id = any (tracked) then
      lines[n].stock_taken := lines[n].quantity;
    end if;
  end loop;
  return lines;
end
$$;
