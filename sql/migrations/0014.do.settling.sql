-- Settling goes without holding writers (sql/functions/orders/settle.sql): orders made before `closing` are about to be settled, once all
-- transactions before `horizon` are over, which may not have known that.
alter table orders.settled_orders add column closing timestamptz, add column horizon xid8;
