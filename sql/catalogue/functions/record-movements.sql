-- A movement for each stock that a statement has changed, whoever runs it: all of them in one insert. The rows are
-- locked by now, so the movements of a product follow each other as its stocks did.
-- Why: db_service.stock_reason and db_service.stock_order, of whoever changes the stock here; else `other`. Who: as
-- orders.record_status.
create or replace function products.record_movements() returns trigger
language plpgsql as $$
declare
  request constant text := nullif(current_setting('db_service.request_id', true), '');
  who constant text :=
    case when request is null then session_user else nullif(current_setting('db_service.actor', true), '') end;
  why constant text := coalesce(nullif(current_setting('db_service.stock_reason', true), ''), 'other');
  about constant bigint := nullif(current_setting('db_service.stock_order', true), '')::bigint;
  at constant timestamptz := clock_timestamp();
begin
  if tg_op = 'UPDATE' then
    insert into products.stock_movements (product_id, quantity, stock, reason, order_id, changed_by, moved_at)
    select product_id, n.stock - o.stock, n.stock, why, about, who, at
    from added n join removed o using (product_id)
    where n.stock <> o.stock;
  elsif tg_op = 'INSERT' then
    insert into products.stock_movements (product_id, quantity, stock, reason, order_id, changed_by, moved_at)
    select product_id, stock, stock, why, about, who, at from added where stock <> 0;
  else
    insert into products.stock_movements (product_id, quantity, stock, reason, order_id, changed_by, moved_at)
    select product_id, -stock, 0, case when why = 'other' then 'untracked' else why end, about, who, at
    from removed where stock <> 0;
  end if;
  return null;
end
$$;
