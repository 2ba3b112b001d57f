-- At the end of the transaction, when the items of a new order are there too. The loader brings orders of the past,
-- which are no news. `create or replace` does not know constraint triggers.
drop trigger if exists orders_record_created_event on orders.orders;
create constraint trigger orders_record_created_event after insert on orders.orders
deferrable initially deferred
for each row when (current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.record_event();

drop trigger if exists orders_record_status_event on orders.orders;
create constraint trigger orders_record_status_event after update of status on orders.orders
deferrable initially deferred
for each row when (old.status <> new.status and current_setting('db_service.loading', true) is distinct from 'on')
execute function orders.record_event();

create or replace trigger outbox_note_cleared after delete on orders.outbox
referencing old table as cleared
for each statement execute function orders.note_cleared();
