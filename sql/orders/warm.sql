-- Prepares a new connection for orders, without doing anything.
select orders.warm() as is_warm
