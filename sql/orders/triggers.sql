-- Status: allowed transitions, history, stock that comes back. The loader brings its own history and sets
-- db_service.loading.
create or replace trigger orders_check_inserted_status before insert on orders.orders
for each row when (new.status <> 'pending' and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.check_status();

create or replace trigger orders_check_status before update of status on orders.orders
for each row when (old.status <> new.status and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.check_status();

create or replace trigger orders_record_status after update of status on orders.orders
for each row when (old.status <> new.status and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.record_status();

create or replace trigger orders_release_deleted before delete on orders.orders
for each row execute function orders.release_deleted();

-- What an order fills in by itself.
create or replace trigger orders_reference before insert on orders.orders
for each row when (new.order_reference is null) execute function orders.give_reference();

create or replace trigger orders_charge
before insert or update of total_price, tax_rate, shipping_rate, free_shipping_from on orders.orders
for each row when (new.tax_rate is not null) execute function orders.charge();

create or replace trigger orders_touch before update on orders.orders
for each row execute function gateway.touch();

-- The history of new orders, and the sums of days (orders.order_totals).
create or replace trigger orders_record_inserted after insert on orders.orders
referencing new table as added for each statement execute function orders.record_inserted();

create or replace trigger orders_count_updated after update on orders.orders
referencing old table as removed new table as added for each statement execute function orders.count_orders();

create or replace trigger orders_count_deleted after delete on orders.orders
referencing old table as removed for each statement execute function orders.count_orders();

-- The sums of products (orders.product_totals).
create or replace trigger order_items_sum_inserted after insert on orders.order_items
referencing new table as changed for each statement execute function orders.sum_changed_items();

create or replace trigger order_items_sum_deleted after delete on orders.order_items
referencing old table as changed for each statement execute function orders.sum_changed_items();

create or replace trigger order_items_keep_key before update of order_id, product_id on orders.order_items
for each row when ((old.order_id, old.product_id) is distinct from (new.order_id, new.product_id))
execute function orders.keep_item_key();

create or replace trigger orders_sum_updated after update on orders.orders
referencing old table as removed new table as added for each statement execute function orders.sum_changed_orders();

-- The orders that were there before the sums, and the sums that were there before those of days. In the transaction
-- that has just made the triggers, so that none is missed.
do $$
begin
  if (select until from orders.settled_orders) = '-infinity' then
    perform orders.settle_all();
  elsif not exists (select from orders.busy_months) then
    perform orders.split_months(null, '-infinity', 'infinity', until, 1000) from orders.settled_orders for update;
  end if;
end
$$;
